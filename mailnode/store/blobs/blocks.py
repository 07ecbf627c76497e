"""Large bodies, packed so that a stretch can be read without what stands before it.

A body is cut into blocks of `BLOCK` octets, each a zstd frame of its own with a checksum, and behind them stands
a table of their lengths in a frame that decoders skip: zstd's "seekable format" 0.1.0. Any zstd program can unpack it.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import IO, cast

import zstandard

from mailnode.octets import WINDOW, Large, Octets, Sequential, blocks
from mailnode.store.blobs import Damaged

BLOCK = WINDOW
LEVEL = 3
_SKIPPABLE, _SEEKABLE = 0x184D2A5E, 0x8F92EAB1
_FRAME = struct.Struct("<II")  # the octets of a block packed, and as they are
_FRAME_HEADER = struct.Struct("<II")  # the mark of a frame that is skipped, and its octets
_FOOTER = struct.Struct("<IBI")  # blocks, descriptor, the mark

ReadAt = Callable[[int, int], bytes]  # so many octets from a place in the packed body on; all of them


def packed(raw: Octets) -> Iterator[bytes]:
    """The packed body in pieces."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    table: list[bytes] = []
    for block in blocks(raw):
        frame = compressor.compress(block)
        table.append(_FRAME.pack(len(frame), len(block)))
        yield frame
    size = len(table) * _FRAME.size + _FOOTER.size
    yield b"".join([_FRAME_HEADER.pack(_SKIPPABLE, size), *table, _FOOTER.pack(len(table), 0, _SEEKABLE)])


class Blocks(Large):
    """A packed body of ``stored`` octets, unpacked block by block. Raises Damaged."""

    __slots__ = ("_decompressor", "_ends", "_last", "_read_at", "_starts")

    def __init__(self, read_at: ReadAt, stored: int) -> None:
        super().__init__()
        self._read_at = read_at
        self._decompressor = zstandard.ZstdDecompressor()
        self._starts, self._ends = _table(read_at, stored)
        self._last = (-1, b"")  # the block that was read last

    def __len__(self) -> int:
        return self._ends[-1]

    def read(self, start: int, end: int) -> bytes:
        found: list[bytes] = []
        at = bisect_right(self._ends, start) - 1
        while start < end:
            before, after = self._ends[at], self._ends[at + 1]
            block = self._block(at)
            found.append(block[start - before : end - before])
            start, at = after, at + 1
        return b"".join(found)

    def _block(self, at: int) -> bytes:
        number, block = self._last
        if number == at:
            return block
        first, last = self._starts[at : at + 2]
        size = self._ends[at + 1] - self._ends[at]
        try:
            block = self._decompressor.decompress(self._read_at(first, last - first), max_output_size=size)
        except zstandard.ZstdError as error:
            raise Damaged(f"block {at}: {error}") from error
        if len(block) != size:
            raise Damaged(f"block {at} has {len(block)} octets instead of {size}")
        self._last = (at, block)
        return block


def _table(read_at: ReadAt, stored: int) -> tuple[list[int], list[int]]:
    """Where each block begins, packed and as it is; one place more than there are blocks."""
    if stored < _FOOTER.size:
        raise Damaged("no table")
    count, _, mark = _FOOTER.unpack(read_at(stored - _FOOTER.size, _FOOTER.size))
    size = count * _FRAME.size
    if mark != _SEEKABLE or stored < size + _FOOTER.size:
        raise Damaged("no table")
    rows = list(_FRAME.iter_unpack(read_at(stored - _FOOTER.size - size, size)))
    return [0, *accumulate(row[0] for row in rows)], [0, *accumulate(row[1] for row in rows)]


class Frame(Sequential):
    """A body of ``size`` octets in one frame, as large ones were packed in the beginning. Raises Damaged."""

    __slots__ = ("_read_at", "_size", "_stored")

    def __init__(self, read_at: ReadAt, stored: int, size: int) -> None:
        self._read_at = read_at
        self._stored = stored
        self._size = size
        super().__init__()

    def __len__(self) -> int:
        return self._size

    def pieces(self) -> Iterator[bytes]:
        source = cast(IO[bytes], _Source(self._read_at, self._stored))  # of which only read() is used
        try:
            yield from zstandard.ZstdDecompressor().read_to_iter(source, write_size=WINDOW)
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error
        raise Damaged("the body is shorter than it should be")


class _Source:
    """The packed octets as a file, which is what the decompressor reads from."""

    def __init__(self, read_at: ReadAt, stored: int) -> None:
        self._read_at = read_at
        self._left = stored
        self._at = 0

    def read(self, size: int = WINDOW) -> bytes:
        size = min(size, self._left)
        data = self._read_at(self._at, size) if size else b""
        self._at += size
        self._left -= size
        return data
