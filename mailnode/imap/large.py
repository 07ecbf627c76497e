"""FETCH lines that hold something large: said beforehand in pieces, and read while they are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from functools import partial

from mailnode.errors import StoreDamaged
from mailnode.octets import WINDOW, Large, Octets
from mailnode.offload import Offload
from mailnode.proto.imap.commands import Section


def line(empty: bytes, items: Iterable[bytes], sections: Iterable[tuple[Section, Octets | None]]) -> list[Octets]:
    """The pieces of a line; ``empty`` is the same line without any item."""
    pieces: list[Octets] = [empty[:-3] + b" ".join(items)]
    for section, data in sections:
        between = b" " if len(pieces) > 1 or pieces[0][-1:] != b"(" else b""
        pieces.append(between + opening(section, data))
        if data is not None and not section.size_only:
            pieces.append(data if section.binary else without_nul(data))
    return [*pieces, empty[-3:]]


def opening(section: Section, data: Octets | None) -> bytes:
    """What stands before the octets of a section, or instead of them."""
    if section.size_only:
        return b"%b %d" % (section.label, len(data) if data is not None else 0)
    mark = partial_mark(section)
    if data is None:
        return b"%b%b NIL" % (section.label, mark)
    # Of something large nobody knows whether it holds a NUL, and a literal8 may hold one or not (RFC 3516 §4.2).
    tilde = b"~" if section.binary and (isinstance(data, Large) or data.find(b"\0") >= 0) else b""
    return b"%b%b %b{%d}\r\n" % (section.label, mark, tilde, len(data))


class _WithoutNul(Large):
    """Other octets as a literal may carry them."""

    __slots__ = ("_octets",)

    def __init__(self, octets: Octets) -> None:
        super().__init__()
        self._octets = octets

    def __len__(self) -> int:
        return len(self._octets)

    def read(self, start: int, end: int) -> bytes:
        return self._octets[start:end].replace(b"\0", b"\x80")


def without_nul(data: Octets) -> Octets:
    """A NUL stands in no string but a literal8 (RFC 9051 §9, CHAR8), so 0x80 takes its place, as in other servers."""
    if isinstance(data, Large):
        return _WithoutNul(data)
    return data[:].replace(b"\0", b"\x80") if data.find(b"\0") >= 0 else data


def partial_mark(section: Section) -> bytes:
    """The answer repeats where the piece begins, not how much was wanted (RFC 9051 §7.5.2)."""
    return b"<%d>" % section.partial[0] if section.partial else b""


async def read(offload: Offload, pieces: Iterable[Octets]) -> AsyncIterator[bytes]:
    """The octets of a line, a window at a time. Raises ConnectionResetError when it cannot be brought to its end."""
    for piece in pieces:
        if not isinstance(piece, Large):
            yield piece[:]
            continue
        for at in range(0, len(piece), WINDOW):
            try:
                yield await offload.compute(partial(piece.read, at, min(at + WINDOW, len(piece))))
            except StoreDamaged as error:
                raise ConnectionResetError from error
