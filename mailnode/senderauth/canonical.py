"""A message as signatures see it: its fields by name, and its canonical forms (RFC 6376 §3.4).

The message is scanned once. Body forms and hashes are kept, so that several signatures over one body cost
one pass. All steps are linear in the length of the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailnode.message import headers
from mailnode.senderauth.dkim_sign import end_of_text, relaxed_body, relaxed_value


@dataclass(frozen=True, slots=True)
class SignedField:
    """One header field. ``raw`` is all of it with its line end; ``value`` stands behind the colon, without it."""

    name: bytes  # in lower case
    raw: bytes
    value: bytes


@dataclass(slots=True)
class SignedMessage:
    """Fields from top to bottom; ``places`` are their numbers by name. Built by `read`."""

    fields: tuple[SignedField, ...]
    body: bytes
    places: dict[bytes, list[int]]
    _bodies: dict[bool, bytes] = field(default_factory=dict)
    _hashes: dict[tuple[bool, int | None], bytes] = field(default_factory=dict)

    def named(self, name: bytes) -> list[SignedField]:
        return [self.fields[place] for place in self.places.get(name, ())]

    def canonical_body(self, *, relaxed: bool) -> bytes:
        if relaxed not in self._bodies:
            self._bodies[relaxed] = relaxed_body(self.body) if relaxed else simple_body(self.body)
        return self._bodies[relaxed]

    def body_hash(self, *, relaxed: bool, length: int | None) -> bytes:
        """SHA-256 of the canonical body, or of its first ``length`` octets."""
        key = (relaxed, length)
        if key not in self._hashes:
            body = memoryview(self.canonical_body(relaxed=relaxed))
            self._hashes[key] = hashlib.sha256(body if length is None else body[:length]).digest()
        return self._hashes[key]

    def canonical_fields(self, names: Iterable[bytes], *, relaxed: bool, without: int = -1) -> bytes:
        """The named fields in that order, each name from the bottom up; a name too many gives nothing (§5.4.2).

        ``without`` is the number of the signature's own field, which a signature never covers in this way.
        """
        left: dict[bytes, list[int]] = {}
        form = relaxed_field if relaxed else simple_field
        parts = []
        for name in names:
            if name not in left:
                left[name] = [place for place in self.places.get(name, ()) if place != without]
            if left[name]:
                parts.append(form(self.fields[left[name].pop()]))
        return b"".join(parts)


def read(raw: bytes) -> SignedMessage:
    """The message whose bytes are ``raw``, with CRLF line ends. Never raises."""
    header_end, body_start = headers.split(raw)
    fields: list[SignedField] = []
    places: dict[bytes, list[int]] = {}
    for found in headers.matches(raw, 0, header_end):
        name = found[1].lower()
        places.setdefault(name, []).append(len(fields))
        fields.append(SignedField(name, found[0], found[2].removesuffix(b"\r")))
    return SignedMessage(tuple(fields), raw[body_start:], places)


def relaxed_field(one: SignedField) -> bytes:
    """RFC 6376 §3.4.2"""
    return one.name + b":" + relaxed_value(one.value) + b"\r\n"


def simple_field(one: SignedField) -> bytes:
    """RFC 6376 §3.4.1: as it is."""
    return one.raw if one.raw.endswith(b"\n") else one.raw + b"\r\n"


def simple_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.3: as it is, with exactly one line end at its end."""
    return body[: end_of_text(body)] + b"\r\n"
