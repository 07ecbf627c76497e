"""Looking through a segment file without knowing what is in it: for bodies that are not where their rows say.

After half a record (a full disk, a writer that was killed) comes the next one, or nothing; so behind what is no record
the next mark is sought. A mark may stand by chance inside a packed body: whoever uses a record checks its hash.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC, IN_BLOCKS = b"MNB1", b"MNB2"
HEADER = struct.Struct("<4sQQ32s")


@dataclass(frozen=True, slots=True)
class Record:
    """A body in a file: ``stored`` bytes from ``offset`` on, header included."""

    sha256: bytes
    offset: int
    stored: int


def records(path: Path) -> Iterator[Record]:
    """Every record that may be one, in order."""
    size = path.stat().st_size
    if size < HEADER.size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
        at = 0
        while 0 <= at <= size - HEADER.size:
            magic, length, _, sha256 = HEADER.unpack_from(data, at)
            end = at + HEADER.size + length
            whole = magic in (MAGIC, IN_BLOCKS) and end <= size
            if whole:
                yield Record(sha256, at, end - at)
            if whole and (end == size or data[end : end + len(MAGIC)] in (MAGIC, IN_BLOCKS)):
                at = end
            else:  # half a record claims what stands behind it
                at = _next(data, at + 1)


def _next(data: mmap.mmap, start: int) -> int:
    """Where the next mark stands; -1 where there is none."""
    found = [at for at in (data.find(MAGIC, start), data.find(IN_BLOCKS, start)) if at >= 0]
    return min(found, default=-1)
