"""Where the bytes of bodies lie: one small interface with two homes.

`Blobs.put` takes a body and says where it will lie; nothing of it is promised until `Blobs.sync`
has returned, which makes everything put so far durable at once (one ``fsync`` for a group of
commits). A body larger than `octets.LARGE` comes by `put_large`, which takes its time and holds no more than
a window of it in memory; it lies in blocks (`blocks`), so that any stretch can be read alone.
`segments.Segments` keeps bodies in append-only files in the data folder, `objects.Objects` in any
S3-compatible store. Both compress with zstd and check what they read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailnode.octets import Octets
from mailnode.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body lies: ``segment`` (a file's or object's name), ``offset`` and ``stored`` bytes in it."""

    segment: str
    offset: int
    stored: int


class Damaged(Exception):
    """The bytes at a place are missing or not what was put there."""


class Blobs(Protocol):
    """A home of bodies. Safe to call from several threads."""

    def put(self, sha256: bytes, raw: bytes) -> Place:
        """Take a body; durable once `sync` has returned."""

    def put_large(self, sha256: bytes, raw: Octets) -> Place:
        """Take a body of any size; durable on return. Raises OSError."""

    def sync(self) -> None:
        """Make every body put so far durable; raises OSError when that cannot be promised."""

    def read(self, place: Place) -> bytes:
        """The whole body. Raises Damaged."""

    def open(self, place: Place) -> Octets:
        """The body; nothing is held of one that is large. It raises Damaged, as this does."""

    def open_all(self, places: Sequence[Place]) -> Iterator[Octets]:
        """The same for many, in this order and one after the other as they are asked for; neighbours cost less."""

    def forget(self, places: list[Place]) -> None:
        """Say that nobody names these places any more; their space may be used again."""

    def find(self, hashes: Collection[bytes]) -> Iterator[tuple[bytes, Place]]:
        """Every place that may hold one of these bodies, whether a row names it or not; slow."""

    def close(self) -> None:
        """Let go of files and connections."""


def open_blobs(settings: Settings) -> Blobs:
    """The home that the settings name: ``MAILNODE_BLOB_URL``, else the data folder."""
    if settings.blob_url:
        from mailnode.store.blobs.objects import Objects

        return Objects(settings.blob_url)
    from mailnode.store.blobs.segments import Segments

    return Segments(settings.data_dir / "blobs")
