"""The octets of a message, wherever they lie.

Most messages are `bytes`. One that is larger than `LARGE` is never held in memory as a whole: it lies in a file,
in the store or in several such pieces, and is looked at through a window. What works on messages of any size asks
no more of them than `Octets`, which both kinds are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol

LARGE = 2 << 20  # octets. By a file, a message with an attachment of 1 MB was half as much work again
WINDOW = 256 * 1024  # of it that are looked at together


class Octets(Protocol):
    """What is asked of a message. The methods do what those of `bytes` do."""

    def __len__(self) -> int: ...

    def __getitem__(self, at: slice, /) -> bytes: ...

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int: ...

    def startswith(self, prefix: bytes, start: int = ..., end: int = ..., /) -> bool: ...

    def isascii(self) -> bool: ...


class Large(ABC):
    """Octets that are somewhere else; a subclass says how many there are and reads a stretch of them.

    One thread at a time may use an object of it.
    """

    __slots__ = ("_at", "_window")

    def __init__(self) -> None:
        self._at = 0
        self._window = b""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, start: int, end: int) -> bytes:
        """The octets of a stretch that lies within the whole."""

    def __getitem__(self, at: slice, /) -> bytes:
        start, end, _ = at.indices(len(self))
        if end - start > WINDOW:
            return self.read(start, end)
        if start >= end:
            return b""
        self._look_at(start, end)
        return self._window[start - self._at : end - self._at]

    def find(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        start, end, _ = slice(start, end).indices(len(self))
        while end - start >= len(sub):
            self._look_at(start, start + len(sub))
            found = self._window.find(sub, start - self._at, end - self._at)
            if found >= 0:
                return self._at + found
            start = self._at + len(self._window) - len(sub) + 1  # the next window holds what this one has begun
        return -1

    def startswith(self, prefix: bytes, start: int = 0, end: int | None = None, /) -> bool:
        start, end, _ = slice(start, end).indices(len(self))
        return self[start : min(end, start + len(prefix))] == prefix and start <= end

    def isascii(self) -> bool:
        return all(block.isascii() for block in blocks(self))

    def _look_at(self, start: int, end: int) -> None:
        """Move the window, unless it shows this already."""
        if not (self._at <= start and end <= self._at + len(self._window)):
            self._at, self._window = start, self.read(start, min(len(self), max(end, start + WINDOW)))


class Sequential(Large):
    """Octets that can only be had one after the other: going back means to begin anew."""

    __slots__ = ("_pieces", "_place", "_rest")

    def __init__(self) -> None:
        super().__init__()
        self._place = 0  # where the rest begins, which was read already
        self._rest = b""
        self._pieces = self.pieces()

    @abstractmethod
    def pieces(self) -> Iterator[bytes]:
        """All of it, from the beginning. Ends no earlier than `len` says."""

    def read(self, start: int, end: int) -> bytes:
        if start < self._place:
            self._place, self._rest, self._pieces = 0, b"", self.pieces()
        while self._place + len(self._rest) < start:
            self._next()
        self._rest, self._place = self._rest[start - self._place :], start
        found: list[bytes] = []
        while self._place < end:
            if not self._rest:
                self._next()
            piece, self._rest = self._rest[: end - self._place], self._rest[end - self._place :]
            self._place += len(piece)
            found.append(piece)
        return b"".join(found)

    def _next(self) -> None:
        self._place += len(self._rest)
        self._rest = next(self._pieces)


class Stretch(Large):
    """A part of something large."""

    __slots__ = ("_size", "_start", "_whole")

    def __init__(self, whole: Large, start: int, end: int) -> None:
        super().__init__()
        self._whole = whole
        self._start = start
        self._size = end - start

    def __len__(self) -> int:
        return self._size

    def read(self, start: int, end: int) -> bytes:
        return self._whole.read(self._start + start, self._start + end)


class Joined(Large):
    """Several pieces one behind the other."""

    __slots__ = ("_ends", "_pieces")

    def __init__(self, pieces: Sequence[Octets]) -> None:
        super().__init__()
        self._pieces = [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(map(len, self._pieces)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def read(self, start: int, end: int) -> bytes:
        found: list[bytes] = []
        at = bisect_right(self._ends, start)
        while start < end:
            piece = self._pieces[at]
            before = self._ends[at] - len(piece)
            stop = min(end, self._ends[at])
            within = (start - before, stop - before)
            found.append(piece.read(*within) if isinstance(piece, Large) else piece[slice(*within)])
            start, at = stop, at + 1
        return b"".join(found)


def blocks(octets: Octets, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """A stretch in pieces that can be held in memory."""
    end = len(octets) if end is None else end
    for at in range(start, end, WINDOW):
        stop = min(end, at + WINDOW)
        yield octets.read(at, stop) if isinstance(octets, Large) else octets[at:stop]


def line_ends(octets: Octets, start: int = 0, end: int | None = None) -> int:
    """How many LF a stretch has. To leave them out takes a quarter of the time that bytes.count takes."""
    if isinstance(octets, bytes):
        octets = octets[start:end]
        return len(octets) - len(octets.replace(b"\n", b""))
    start, end, _ = slice(start, end).indices(len(octets))
    return sum(map(line_ends, blocks(octets, start, end)))


def stretch(octets: Octets, start: int, end: int) -> Octets:
    """``octets[start:end]``, of which nothing is read while it is large."""
    if isinstance(octets, Large):
        start, end, _ = slice(start, end).indices(len(octets))
        if end - start > LARGE:
            return Stretch(octets, start, end)
    return octets[start:end]


def joined(pieces: Sequence[Octets]) -> Octets:
    """The pieces as one: in memory when they are small together."""
    if sum(map(len, pieces)) > LARGE and any(isinstance(piece, Large) for piece in pieces):
        return Joined(pieces)
    return b"".join([piece if isinstance(piece, bytes) else piece[:] for piece in pieces])


def with_head(octets: Octets, head: bytes, start: int) -> Octets:
    """``head`` and behind it what stands from ``start`` on."""
    if isinstance(octets, bytes):
        return head + octets[start:]
    return joined([head, stretch(octets, start, len(octets))])
