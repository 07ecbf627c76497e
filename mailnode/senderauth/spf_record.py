"""SPF records as values: read whole before anything is evaluated, so that an error anywhere is found (RFC 7208 §4.6).

    record    = version terms *SP
    directive = [ qualifier ] mechanism
    modifier  = redirect / explanation / unknown-modifier

A record that breaks the grammar raises `BadRecord`. Leading zeros in prefix lengths are refused, as in addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from mailnode.senderauth.spf_macros import BadMacro, Macro, domain_spec, macro

MAX_RECORD = 16_384  # octets; 512 are recommended (§3.4), and no record in use comes near
MAX_TERMS = 1000  # of one record

Name = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]
Qualified = Literal["pass", "fail", "softfail", "neutral"]

_QUALIFIERS: dict[str, Qualified] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral", "": "pass"}
_DIRECTIVE = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|\Z)(.*)\Z", re.IGNORECASE | re.DOTALL)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)\Z", re.DOTALL)
_LENGTH = r"(0|[1-9][0-9]{0,2})"
_DOMAIN_AND_LENGTHS = re.compile(rf"(?::(.+?))?(?:/{_LENGTH})?(?://{_LENGTH})?\Z", re.DOTALL)
_IP4 = re.compile(rf":((?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}})(?:/{_LENGTH})?\Z")
_IP6 = re.compile(rf":([0-9A-Fa-f:.]+)(?:/{_LENGTH})?\Z")


class BadRecord(Exception):
    """The record breaks the grammar; ``str(error)`` says where."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One mechanism with its qualifier. ``length4`` and ``length6`` are the prefix lengths of a and mx."""

    name: Name
    result: Qualified
    text: str
    domain: Macro | None = None
    length4: int = 32
    length6: int = 128
    network: IPv4Network | IPv6Network | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All terms of one record."""

    directives: tuple[Directive, ...]
    redirect: Macro | None = None
    explanation: Macro | None = None


def chosen(texts: Sequence[bytes]) -> list[bytes]:
    """The SPF records among TXT records (§4.5)."""
    return [text for text in texts if text[:6].lower() == b"v=spf1" and text[6:7] in (b"", b" ")]


@lru_cache(maxsize=2000)
def read(text: bytes) -> Record:
    """The record in a TXT record that begins with the version. Raises BadRecord."""
    if not text.isascii() or len(text) > MAX_RECORD:
        raise BadRecord("a character beyond ASCII, or too long")
    terms = [term for term in text[6:].decode("ascii").split(" ") if term]
    if len(terms) > MAX_TERMS:
        raise BadRecord("too many terms")
    directives: list[Directive] = []
    modifiers: dict[str, Macro] = {}
    for term in terms:
        try:
            modifier = _MODIFIER.match(term)
            if modifier is None:
                directives.append(_directive(term))
            else:
                _add(modifiers, modifier[1].lower(), modifier[2])
        except (BadMacro, ValueError) as error:
            raise BadRecord(f"{term}: {error}") from None
    return Record(tuple(directives), modifiers.get("redirect"), modifiers.get("exp"))


def _add(modifiers: dict[str, Macro], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        macro(value, in_text=True)  # unknown modifiers are ignored, but must be macro strings
    elif name in modifiers:
        raise BadMacro("it stands twice")
    else:
        modifiers[name] = domain_spec(value)


def _directive(term: str) -> Directive:
    found = _DIRECTIVE.match(term)
    if found is None:
        raise BadMacro("unknown mechanism")
    name: Name = found[2].lower()  # type: ignore[assignment]
    result, rest = _QUALIFIERS[found[1]], found[3]
    match name:
        case "all":
            if rest:
                raise BadMacro("all takes nothing")
            return Directive(name, result, term)
        case "ip4" | "ip6":
            return Directive(name, result, term, network=_network(name, rest))
        case "a" | "mx":
            return _with_lengths(name, result, term, rest)
        case _:
            if name == "ptr" and not rest:
                return Directive(name, result, term)
            if not rest.startswith(":"):
                raise BadMacro("a domain must follow")
            return Directive(name, result, term, domain_spec(rest[1:]))


def _with_lengths(name: Name, result: Qualified, term: str, rest: str) -> Directive:
    found = _DOMAIN_AND_LENGTHS.match(rest)
    if found is None:
        raise BadMacro("bad domain or prefix length")
    length4, length6 = int(found[2] or 32), int(found[3] or 128)
    if length4 > 32 or length6 > 128:
        raise BadMacro("bad prefix length")
    domain = domain_spec(found[1]) if found[1] is not None else None
    return Directive(name, result, term, domain, length4, length6)


def _network(name: Name, rest: str) -> IPv4Network | IPv6Network:
    """Raises ValueError for what is no network."""
    found = (_IP4 if name == "ip4" else _IP6).match(rest)
    if found is None:
        raise BadMacro("not a network")
    if name == "ip4":
        return IPv4Network((found[1], int(found[2] or 32)), strict=False)
    return IPv6Network((found[1], int(found[2] or 128)), strict=False)
