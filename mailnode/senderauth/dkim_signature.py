"""One DKIM-Signature field, or ARC-Message-Signature, which is nearly the same: its tags, checked.

Raises `BadSignature` with the reason. RFC 6376 §3.5; RFC 8301 §3.1 (SHA-1 is no longer verified); RFC 8463;
RFC 8617 §4.1.2 (in ARC i= is an instance number, v= is not there, and h= need not name From; without c= it is
relaxed/relaxed, as in the public test suite).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailnode.senderauth import tags
from mailnode.senderauth.dkim_keys import Algorithm
from mailnode.senderauth.names import ascii_name
from mailnode.senderauth.tags import Tags

ALGORITHM_NAMES: dict[str, Algorithm] = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
MAX_FIELD = 65_536  # octets; more is nobody's signature
MAX_SELECTOR = 253

_CANONICAL = {"simple": False, "relaxed": True}
_ESCAPED = re.compile(r"=([0-9A-F]{2})")
_SELECTOR = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\Z"
)
_DIGITS = 12  # of a time: RFC 6376 §3.5


class BadSignature(Exception):
    """The field is no signature that can be verified; ``str(error)`` says why in a few words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to have signed, in any of the three kinds of field: the tags a, b, d, s and t."""

    algorithm: Algorithm
    signature: bytes
    domain: str  # in lower case, labels in ASCII form
    selector: str
    time: int | None

    @property
    def key_name(self) -> str:
        """Where the key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Signature:
    """What was signed, and how. ``names`` are those of h= in lower case; ``length`` is l=."""

    claim: Claim
    body_hash: bytes
    relaxed_header: bool
    relaxed_body: bool
    names: tuple[bytes, ...]
    length: int | None = None
    expires: int | None = None
    identity: str = ""  # i=; "" in ARC

    @property
    def identity_domain(self) -> str:
        return self.identity.rpartition("@")[2]


def read_dkim(value: bytes) -> Signature:
    """The signature in a DKIM-Signature field's value. Raises BadSignature."""
    found = tags_of(value)
    if found.get("v") != "1":
        raise BadSignature("unknown version")
    claim = claim_in(found)
    signature = _signature(found, claim, _identity(found, claim.domain), "simple/simple")
    if b"from" not in signature.names:
        raise BadSignature("From is not signed")
    if "dns/txt" not in tags.listed(found.get("q", "dns/txt")):
        raise BadSignature("unknown query method")
    return signature


def read_arc(found: Tags) -> Signature:
    """The signature in an ARC-Message-Signature with these tags. Raises BadSignature."""
    signature = _signature(found, claim_in(found), "", "relaxed/relaxed")
    if b"arc-seal" in signature.names:
        raise BadSignature("an ARC-Seal is signed")  # RFC 8617 §4.1.2
    return signature


def tags_of(value: bytes) -> Tags:
    """The tags of a field. Raises BadSignature."""
    found = tags.parse(value) if len(value) <= MAX_FIELD else None
    if found is None:
        raise BadSignature("not a tag list")
    return found


def claim_in(found: Tags) -> Claim:
    """The tags that every kind of field has. Raises BadSignature."""
    for name in ("a", "b", "d", "s"):
        if not found.get(name):
            raise BadSignature(f"no {name}=")
    algorithm = ALGORITHM_NAMES.get(found["a"])
    if algorithm is None:
        raise BadSignature("SHA-1 is not verified" if found["a"] == "rsa-sha1" else "unknown algorithm")
    selector = tags.unfolded(found["s"])
    if len(selector) > MAX_SELECTOR or not _SELECTOR.match(selector):
        raise BadSignature("s= is not a selector")
    time = _number(found, "t", _DIGITS)
    return Claim(algorithm, _octets(found, "b"), _domain(found["d"]), selector.lower(), time)


def _signature(found: Tags, claim: Claim, identity: str, canonical: str) -> Signature:
    if "h" not in found:
        raise BadSignature("no h=")
    header, _, body = found.get("c", canonical).partition("/")
    body = body or "simple"
    if header not in _CANONICAL or body not in _CANONICAL:
        raise BadSignature("unknown canonicalization")
    expires = _number(found, "x", _DIGITS)
    if expires is not None and claim.time is not None and expires <= claim.time:
        raise BadSignature("x= is not after t=")
    return Signature(
        claim,
        _octets(found, "bh"),
        _CANONICAL[header],
        _CANONICAL[body],
        tuple(name.lower().encode() for name in tags.listed(found["h"])),
        _number(found, "l", 76),
        expires,
        identity,
    )


def _identity(found: Tags, domain: str) -> str:
    """i=: an address or only ``@domain``, in the quoted-printable of RFC 6376 §2.11."""
    if "i" not in found:
        return f"@{domain}"
    local, at, host = _unquoted(tags.unfolded(found["i"])).rpartition("@")
    if not at:
        raise BadSignature("i= is not an address")
    host = _domain(host)
    if host != domain and not host.endswith(f".{domain}"):
        raise BadSignature("i= is not of the domain d=")
    return f"{local}@{host}"


def _unquoted(text: str) -> str:
    octets = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if text.isascii() else text
    try:
        return octets.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return octets


def _domain(text: str) -> str:
    domain = ascii_name(tags.unfolded(text))
    if domain is None:
        raise BadSignature("not a domain name")
    return domain


def _octets(found: Tags, name: str) -> bytes:
    octets = tags.from_base64(found.get(name, ""))
    if octets is None:
        raise BadSignature(f"{name}= is not base64")
    return octets


def _number(found: Tags, name: str, digits: int) -> int | None:
    if name not in found:
        return None
    value = tags.number(found[name], digits)
    if value is None:
        raise BadSignature(f"{name}= is not a number")
    return value
