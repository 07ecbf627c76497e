"""DMARC: whether the domain in From is the one that SPF or DKIM vouches for, and what it wants done (RFC 9989).

Policies and organizational domains are found by the DNS tree walk (§4.10), at most eight questions a name, all
asked at the same time; an answer that the walk would not have come to is not looked at. No list of public
suffixes is used.

- Two domains with the same organizational domain are aligned. That domain stands above both names, so where
  the author's does not stand above the other name, nothing needs to be asked.
- ``t=y`` lowers the policy by one step (§4.7). ``np=`` holds for names that the DNS says do not exist.
- A DKIM signature that leaves octets of the body unsigned (l=) aligns nothing here, which is stricter than
  the RFC: anybody can append to such a message.
- No single domain in From: no result to build on (§5.3.1); it is ``permerror`` where there are several, because
  a reader may be shown any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailnode.message import addresses
from mailnode.resolver import Status, TextAnswer
from mailnode.senderauth.canonical import SignedMessage
from mailnode.senderauth.dkim_verify import DkimResult
from mailnode.senderauth.dmarc_record import Alignment, PolicyRecord, Request, chosen
from mailnode.senderauth.lookup import Lookup, texts
from mailnode.senderauth.names import ascii_name
from mailnode.senderauth.spf import SpfResult

MAX_LABELS = 8  # RFC 9989 §4.10: so many questions at most

Outcome = Literal["none", "pass", "fail", "temperror", "permerror"]

_LOWER: dict[Request, Request] = {"reject": "quarantine", "quarantine": "none", "none": "none"}


class Unanswered(Exception):
    """The DNS does not say now what is needed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record, and the name that it stands at."""

    domain: str
    record: PolicyRecord


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to a domain. ``domain`` is where ``record`` stands, ``organization`` whose the author is.

    ``organization`` is "" where the DNS does not say now and the domain has a record of its own.
    """

    domain: str
    record: PolicyRecord
    organization: str


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """``policy`` is what the domain wants done with this message if it fails, after ``t=`` and subdomains.

    ``domain`` is that of From; ``aligned`` the domain that vouches for it, "" without; ``by`` says what proved it.
    """

    result: Outcome
    domain: str = ""
    policy: Request = "none"
    aligned: str = ""
    by: Literal["", "spf", "dkim"] = ""
    found: Policy | None = None
    reason: str = ""

    @property
    def is_ambiguous(self) -> bool:
        """Whether From names several domains, so that nobody can say whose policy applies (§5.3.1)."""
        return self.result == "permerror" and self.found is None


def author_domains(message: SignedMessage) -> tuple[str, ...]:
    """The domains in From in ASCII form, the first two at most: a second one is already too many (§5.3.1)."""
    found: dict[str, None] = {}
    for field in message.named(b"from"):
        for entry in addresses.entries(field.value):
            domain = ascii_name(entry.host.decode("utf-8", "replace")) if entry.kind == "mailbox" else None
            if domain:
                found[domain] = None
            if len(found) == 2:
                return tuple(found)
    return tuple(found)


async def discover(lookup: Lookup, domain: str) -> Policy | None:
    """The policy that applies to mail from ``domain`` (§4.10.1). Raises Unanswered."""
    names, answers = await _walk(lookup, domain)
    own = _record(answers[0])
    try:
        found = _until_stop(names, answers)
    except Unanswered:
        if own is None:
            raise
        return Policy(domain, own, "")
    organization = organizational(domain, found)
    if own is not None:
        return Policy(domain, own, organization)
    by_name = {one.domain: one.record for one in found}
    if organization in by_name:
        return Policy(organization, by_name[organization], organization)
    for one in found:
        if one.record.suffix == "yes":
            return Policy(one.domain, one.record, organization)
    return None


async def organization_of(lookup: Lookup, domain: str) -> str:
    """The organizational domain of ``domain`` (§4.10.2). Raises Unanswered."""
    return organizational(domain, _until_stop(*await _walk(lookup, domain)))


def organizational(domain: str, found: Sequence[Found]) -> str:
    """The organizational domain, given the records of a tree walk from the longest name to the shortest."""
    for one in found:
        if one.record.suffix == "no":
            return one.domain
        if one.record.suffix == "yes" and one.domain != domain:
            labels = domain.split(".")
            return ".".join(labels[-one.domain.count(".") - 2 :])
    return found[-1].domain if found else domain


def walk_names(domain: str) -> list[str]:
    """The names that a tree walk asks, from the longest on: eight at most (§4.10)."""
    labels = domain.split(".")
    start = 1 if len(labels) < MAX_LABELS else len(labels) - MAX_LABELS + 1
    return [domain, *(".".join(labels[at:]) for at in range(start, len(labels)))]


async def _walk(lookup: Lookup, domain: str) -> tuple[list[str], list[TextAnswer]]:
    names = walk_names(domain)
    return names, await texts(lookup, [f"_dmarc.{name}" for name in names])


def _until_stop(names: Sequence[str], answers: Sequence[TextAnswer]) -> list[Found]:
    """The records up to the one that ends the walk. Raises Unanswered where an answer before it is missing."""
    found: list[Found] = []
    for name, answer in zip(names, answers, strict=True):
        record = _record(answer)
        if record is not None:
            found.append(Found(name, record))
            if record.suffix != "unknown":
                break
    return found


def _record(answer: TextAnswer) -> PolicyRecord | None:
    if answer.temporary:
        raise Unanswered
    return chosen(answer.records)


async def evaluate(
    lookup: Lookup, domains: Sequence[str], policy: Policy | None, spf: SpfResult, dkim: Sequence[DkimResult]
) -> DmarcResult:
    """The result for a message whose From has ``domains``, with the policy that `discover` found for the first."""
    domain = domains[0] if domains else ""
    if len(domains) != 1:
        reason = "several domains in From" if domains else "no domain in From"
        return DmarcResult("permerror" if domains else "none", domain, reason=reason)
    if policy is None:
        return DmarcResult("none", domain, reason="no policy")
    if not policy.record.usable:
        return DmarcResult("permerror", domain, found=policy, reason="the policy cannot be read")
    try:
        wanted = await _wanted(lookup, domain, policy)
        aligned = await _aligned(lookup, domain, policy, spf, dkim)
    except Unanswered:
        return DmarcResult("temperror", domain, found=policy, reason="the DNS does not answer")
    if aligned is not None:
        return DmarcResult("pass", domain, wanted, *aligned, found=policy)
    if spf.result == "temperror" or any(one.result == "temperror" for one in dkim):
        return DmarcResult("temperror", domain, wanted, found=policy, reason="SPF or DKIM is not decided")
    return DmarcResult("fail", domain, wanted, found=policy)


async def _wanted(lookup: Lookup, domain: str, policy: Policy) -> Request:
    """The policy for this domain: p=, or for a subdomain sp= or np=; one step lower in testing."""
    record = policy.record
    request = record.request
    if policy.domain != domain:
        request = record.subdomains or request
        if record.nonexistent not in (None, request) and not await _exists(lookup, domain):
            request = record.nonexistent or request
    return _LOWER[request] if record.testing else request


async def _exists(lookup: Lookup, domain: str) -> bool:
    """Only NXDOMAIN says that a domain does not exist (§3.2.13, appendix A.4)."""
    answer = await lookup.a(domain)
    if answer.temporary:
        raise Unanswered
    return answer.status is not Status.NO_DOMAIN


async def _aligned(
    lookup: Lookup, domain: str, policy: Policy, spf: SpfResult, dkim: Sequence[DkimResult]
) -> tuple[str, Literal["spf", "dkim"]] | None:
    """Which identifier is aligned, DKIM's first, since they survive forwarding. Raises Unanswered."""
    proved: list[tuple[str, Literal["spf", "dkim"], Alignment]] = [
        (one.domain, "dkim", policy.record.dkim) for one in dkim if one.result == "pass" and not one.unsigned
    ]
    if spf.result == "pass":
        proved.append((spf.domain, "spf", policy.record.spf))
    for identifier, by, _ in proved:
        if identifier == domain:
            return identifier, by
    relaxed = dict.fromkeys((name, by) for name, by, mode in proved if mode == "relaxed")
    unanswered = bool(relaxed) and not policy.organization
    for identifier, by in relaxed:
        if not policy.organization or not f".{identifier}".endswith(f".{policy.organization}"):
            continue
        try:
            if await organization_of(lookup, identifier) == policy.organization:
                return identifier, by
        except Unanswered:
            unanswered = True
    if unanswered:
        raise Unanswered
    return None
