"""Small bodies that lie side by side in a segment: read with one call of the system, unpacked with one of zstd.

Bodies that came one after the other lie so, and FETCH asks for them so. Each call gives the interpreter away and has to
get it back, which takes longer than to read or to unpack a small body.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence

import zstandard

from mailnode.store.blobs import Place
from mailnode.store.blobs.records import HEADER, MAGIC

TOGETHER = 512 * 1024  # octets read by one call
SMALL = 64 * 1024  # stored octets; a longer body is worth a call of its own
GAP = 4096  # octets between two bodies that are worth reading over
MOST = 2 * 1024 * 1024  # octets of bodies unpacked by one call
THREADS = 2  # that unpack a group of more than
MANY = 32

ReadAt = Callable[[str, int, int], bytes]  # segment, offset, size; raises OSError


def groups(places: Sequence[Place]) -> Iterator[list[Place]]:
    """The places in order, neighbours together."""
    group: list[Place] = []
    for place in places:
        if group and not _joins(group, place):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _joins(group: list[Place], place: Place) -> bool:
    first, last = group[0], group[-1]
    gap = place.offset - last.offset - last.stored
    return (
        place.segment == last.segment
        and 0 <= gap <= GAP
        and max(place.stored, last.stored) <= SMALL
        and place.offset + place.stored - first.offset <= TOGETHER
    )


def read_group(read_at: ReadAt, unpack: zstandard.ZstdDecompressor, group: Sequence[Place]) -> list[bytes] | None:
    """The bodies of a group; None when they have to be read one by one: because of their size, or for one that is
    damaged to be named."""
    first, last = group[0], group[-1]
    try:
        data = read_at(first.segment, first.offset, last.offset + last.stored - first.offset)
    except OSError:
        return None
    frames: list[bytes | bytearray | memoryview] = []
    sizes: list[int] = []
    view = memoryview(data)
    for place in group:
        at = place.offset - first.offset
        magic, length, size, _ = HEADER.unpack_from(data, at)
        if magic != MAGIC or length != place.stored - HEADER.size or not size:
            return None
        frames.append(view[at + HEADER.size : at + place.stored])
        sizes.append(size)
    if sum(sizes) > MOST:
        return None
    try:
        found = unpack.multi_decompress_to_buffer(
            frames,
            decompressed_sizes=struct.pack(f"={len(sizes)}Q", *sizes),
            threads=THREADS if len(group) > MANY else 0,
        )
    except zstandard.ZstdError:
        return None
    return [found[at].tobytes() for at in range(len(found))]
