"""Whether a host may send for a domain: check_host() of RFC 7208 whole, with macros and explanations.

Limits (§4.6.4): ten mechanisms and modifiers that ask the DNS, ten addresses asked for by one ``mx`` or
``ptr``, and two terms that find nothing. A term counts as void once, when its own question, or every host of
an ``mx``, has no records; host names in the PTR records of the client do not count, since the sender's domain
has no say in them.

What a domain says in an explanation is the domain's word, not ours: it is ASCII, and whoever shows it says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

from mailnode.resolver import NameAnswer, Status
from mailnode.senderauth import spf_record
from mailnode.senderauth.lookup import Lookup
from mailnode.senderauth.names import ascii_name
from mailnode.senderauth.spf_macros import BadMacro, Macro, Values, macro
from mailnode.senderauth.spf_record import BadRecord, Directive, Record

MAX_TERMS, MAX_VOID, MAX_ADDRESSES = 10, 2, 10
MAX_EXPLANATION = 500  # characters that are kept

Outcome = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]
Identity = Literal["mailfrom", "helo"]


@dataclass(frozen=True, slots=True)
class SpfResult:
    """``domain`` is the one that was asked; ``reason`` the term that decided, or what went wrong."""

    result: Outcome
    domain: str = ""
    identity: Identity = "mailfrom"
    reason: str = ""
    explanation: str = ""


class _Unknown(Exception):
    """The DNS does not answer now: temperror."""


class _Broken(Exception):
    """The domain's records cannot be evaluated: permerror."""


async def check(
    lookup: Lookup, ip: str, helo: str, sender: str, *, receiver: str = "unknown", now: int = 0
) -> SpfResult:
    """The MAIL FROM identity; for the null sender (``""``) postmaster at the name in HELO (§2.4). Never raises."""
    local, host, identity = _identity(helo, sender)
    domain = ascii_name(host)
    if domain is None or "." not in domain:  # §4.3
        return SpfResult("none", host, identity, "not a domain name")
    address = ip_address(ip)
    address = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
    values = Values(address, f"{local}@{host}", local, host, domain, helo, receiver, now)
    return replace(await _Check(lookup, values).run(domain), domain=domain, identity=identity)


def undecided(helo: str, sender: str, reason: str) -> SpfResult:
    """The result for when the DNS took too long."""
    _, host, identity = _identity(helo, sender)
    return SpfResult("temperror", host.lower(), identity, reason)


def _identity(helo: str, sender: str) -> tuple[str, str, Identity]:
    """Local part and domain of what is checked, and what that is (§2.4)."""
    local, at, host = sender.rpartition("@")
    return local or "postmaster", host if at else sender or helo, "mailfrom" if sender else "helo"


class _Check:
    """One evaluation and what it has spent."""

    def __init__(self, lookup: Lookup, values: Values) -> None:
        self.lookup = lookup
        self.values = values
        self.ip: IPv4Address | IPv6Address = values.ip
        self.terms = 0
        self.void = 0
        self.names: list[str] | None = None  # validated names of the client, looked up once

    async def run(self, domain: str) -> SpfResult:
        try:
            found = await self.policy(domain)
            if found is None:
                return SpfResult("none", reason="no record")
            return await self.evaluate(found, domain, top=True)
        except _Unknown as error:
            return SpfResult("temperror", reason=str(error))
        except (_Broken, BadRecord) as error:
            return SpfResult("permerror", reason=str(error))

    async def policy(self, domain: str) -> Record | None:
        answer = await self.lookup.txt(_question(domain))
        if answer.temporary:
            raise _Unknown(f"{domain} does not answer")
        records = spf_record.chosen(answer.records)
        if len(records) > 1:
            raise _Broken(f"{domain} has several SPF records")
        return spf_record.read(records[0]) if records else None

    async def evaluate(self, record: Record, domain: str, *, top: bool) -> SpfResult:
        """``top``: not inside an include, so that an explanation is wanted (§6.2)."""
        for directive in record.directives:
            if await self.matches(directive, domain):
                explanation = ""
                if top and directive.result == "fail" and record.explanation is not None:
                    explanation = await self.explain(record.explanation, domain)
                return SpfResult(directive.result, reason=directive.text, explanation=explanation)
        if record.redirect is None:
            return SpfResult("neutral", reason="nothing matches")
        self.spend()
        target = await self.name(record.redirect, domain)
        found = await self.policy(target)
        if found is None:
            raise _Broken(f"redirect to {target}, which has no record")
        return await self.evaluate(found, target, top=top)

    async def matches(self, directive: Directive, domain: str) -> bool:
        match directive.name:
            case "all":
                return True
            case "ip4" | "ip6":
                network = directive.network
                assert network is not None
                return network.version == self.ip.version and self.ip in network
        self.spend()
        target = domain if directive.domain is None else await self.name(directive.domain, domain)
        match directive.name:
            case "include":
                return await self.includes(target)
            case "a":
                return self.within(await self.found(self.addresses(target)), directive)
            case "mx":
                return await self.mx(target, directive)
            case "ptr":
                return any(_is_under(name, target) for name in await self.client_names())
            case _:
                return bool(await self.found(self.lookup.a(_question(target))))

    async def includes(self, target: str) -> bool:
        found = await self.policy(target)
        if found is None:
            raise _Broken(f"{target}, which is included, has no record")
        return (await self.evaluate(found, target, top=False)).result == "pass"

    async def mx(self, target: str, directive: Directive) -> bool:
        answer = await self.lookup.mx(_question(target))
        if answer.temporary:
            raise _Unknown(f"{target} does not answer")
        hosts = [record.host for record in answer.records if record.host]
        if len(hosts) > MAX_ADDRESSES:
            raise _Broken(f"{target} has more than {MAX_ADDRESSES} mail hosts")
        answers = await asyncio.gather(*(self.addresses(host) for host in hosts))
        if any(self.within(one.records, directive) for one in answers):
            return True
        if any(one.temporary for one in answers):
            raise _Unknown(f"a mail host of {target} does not answer")
        if not any(one.found for one in answers):
            self.nothing()
        return False

    def addresses(self, name: str) -> Awaitable[NameAnswer]:
        return self.lookup.a(_question(name)) if self.ip.version == 4 else self.lookup.aaaa(_question(name))

    async def found(self, asking: Awaitable[NameAnswer]) -> tuple[str, ...]:
        answer = await asking
        if answer.temporary:
            raise _Unknown("a name does not answer")
        if not answer.found:
            self.nothing()
        return answer.records

    def within(self, addresses: tuple[str, ...], directive: Directive) -> bool:
        length = directive.length4 if self.ip.version == 4 else directive.length6
        shift = self.ip.max_prefixlen - length
        wanted = int(self.ip) >> shift
        return any(int(ip_address(one)) >> shift == wanted for one in addresses)

    async def client_names(self) -> list[str]:
        """The names of the client's address that have that address, the first ten looked at (§5.5)."""
        if self.names is None:
            answer = await self.lookup.ptr(str(self.ip))
            if answer.status in (Status.NO_RECORDS, Status.NO_DOMAIN):
                self.nothing()
            names = [name.lower().removesuffix(".") for name in answer.records[:MAX_ADDRESSES]]
            answers = await asyncio.gather(*map(self.addresses, names))
            own = str(self.ip)
            self.names = [
                name
                for name, one in zip(names, answers, strict=True)
                if any(str(ip_address(each)) == own for each in one.records)
            ]
        return self.names

    async def name(self, text: Macro, domain: str) -> str:
        return text.name(await self.valued(text, domain))

    async def valued(self, text: Macro, domain: str) -> Values:
        values = replace(self.values, domain=domain)
        return replace(values, name=_preferred(await self.client_names(), domain)) if text.needs_name else values

    async def explain(self, where: Macro, domain: str) -> str:
        """The domain's own words; "" where there are none that can be used (§6.2). Spends nothing."""
        try:
            answer = await self.lookup.txt(_question(await self.name(where, domain)))
            if len(answer.records) != 1:
                return ""
            text = macro(answer.records[0].decode("ascii"), in_text=True)
            return text.expand(await self.valued(text, domain))[:MAX_EXPLANATION]
        except (BadMacro, UnicodeDecodeError, _Broken):
            return ""

    def spend(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise _Broken(f"more than {MAX_TERMS} terms that ask the DNS")

    def nothing(self) -> None:
        self.void += 1
        if self.void > MAX_VOID:
            raise _Broken(f"more than {MAX_VOID} terms that find nothing")


def _question(name: str) -> str:
    """A name as the resolver reads it, in which a backslash begins an escape."""
    return name.replace("\\", "\\\\").removesuffix(".")


def _is_under(name: str, domain: str) -> bool:
    domain = domain.lower().removesuffix(".")
    return name == domain or name.endswith(f".{domain}")


def _preferred(names: list[str], domain: str) -> str:
    """For the macro p: the domain itself, else a name under it, else any (§7.3)."""
    for name in names:
        if name == domain.lower():
            return name
    return next((name for name in names if _is_under(name, domain)), names[0] if names else "unknown")
