"""A message as signatures see it: its fields by name, and its canonical forms (RFC 6376 §3.4).

The message is scanned once. Body forms and hashes are kept, so that several signatures over one body cost
one pass. All steps are linear in the length of the message, and of a large one no more than a window is in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailnode.message import headers
from mailnode.octets import WINDOW, Large, Octets, blocks, stretch
from mailnode.senderauth.dkim_sign import collapsed, end_of_text, relaxed_body, relaxed_value


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
    body: Octets
    places: dict[bytes, list[int]]
    _bodies: dict[bool, bytes] = field(default_factory=dict)
    _lengths: dict[bool, int] = field(default_factory=dict)
    _hashes: dict[tuple[bool, int | None], bytes] = field(default_factory=dict)

    def named(self, name: bytes) -> list[SignedField]:
        return [self.fields[place] for place in self.places.get(name, ())]

    def canonical_body(self, *, relaxed: bool) -> Iterator[bytes]:
        """In pieces; in one, which is kept, where the message is small."""
        if isinstance(self.body, Large):
            yield from large_body(self.body, relaxed=relaxed)
            return
        if relaxed not in self._bodies:
            body = self.body[:]
            self._bodies[relaxed] = relaxed_body(body) if relaxed else simple_body(body)
        yield self._bodies[relaxed]

    def canonical_length(self, *, relaxed: bool) -> int:
        if relaxed not in self._lengths:
            self._lengths[relaxed] = sum(map(len, self.canonical_body(relaxed=relaxed)))
        return self._lengths[relaxed]

    def body_hash(self, *, relaxed: bool, length: int | None) -> bytes:
        """SHA-256 of the canonical body, or of its first ``length`` octets."""
        key = (relaxed, length)
        if key not in self._hashes:
            found, left = hashlib.sha256(), length
            for piece in self.canonical_body(relaxed=relaxed):
                found.update(piece if left is None else memoryview(piece)[:left])
                left = None if left is None else max(0, left - len(piece))
            self._hashes[key] = found.digest()
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


def read(raw: Octets) -> SignedMessage:
    """The message whose bytes are ``raw``, with CRLF line ends. Never raises."""
    header_end, body_start = headers.split(raw)
    fields: list[SignedField] = []
    places: dict[bytes, list[int]] = {}
    for found in headers.matches(raw if isinstance(raw, bytes) else raw[:header_end], 0, header_end):
        name = found[1].lower()
        places.setdefault(name, []).append(len(fields))
        fields.append(SignedField(name, found[0], found[2].removesuffix(b"\r")))
    return SignedMessage(tuple(fields), stretch(raw, body_start, len(raw)), places)


def relaxed_field(one: SignedField) -> bytes:
    """RFC 6376 §3.4.2"""
    return one.name + b":" + relaxed_value(one.value) + b"\r\n"


def simple_field(one: SignedField) -> bytes:
    """RFC 6376 §3.4.1: as it is."""
    return one.raw if one.raw.endswith(b"\n") else one.raw + b"\r\n"


def simple_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.3: as it is, with exactly one line end at its end."""
    return body[: end_of_text(body)] + b"\r\n"


def large_body(body: Large, *, relaxed: bool) -> Iterator[bytes]:
    """What `relaxed_body` or `simple_body` gives, in pieces. SMTP lets no line in that is longer than a window."""
    ends = 0  # line ends that have come since the last text: they count only if more follows
    some = False
    rest = b""
    for block in blocks(body):
        data = rest + block
        cut = data.rfind(b"\r\n") + 2 if b"\r\n" in data else len(data) if len(data) > WINDOW else 0
        lines, rest = data[:cut], data[cut:]
        if relaxed:
            lines = collapsed(lines).replace(b" \r\n", b"\r\n")
        end = end_of_text(lines)
        if end:
            yield from _line_ends(ends)
            yield lines[:end]
            some, ends = True, 0
        ends += (len(lines) - end) // 2
    last = collapsed(rest).removesuffix(b" ") if relaxed else rest
    if last:
        yield from _line_ends(ends)
        yield last
    if some or last or not relaxed:
        yield b"\r\n"


def _line_ends(count: int) -> Iterator[bytes]:
    for at in range(0, count, WINDOW):
        yield b"\r\n" * min(WINDOW, count - at)
