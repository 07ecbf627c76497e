"""What lies about: segments and objects that no row names, and files that nobody needs.

Somebody may be about to name what is young, so nothing is touched for `GRACE` after it was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode import spooled
from mailnode.store.blobs import Blobs
from mailnode.store.blobs.objects import Objects
from mailnode.store.blobs.segments import Segments
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.models import Blob

GRACE = 3600.0  # seconds
BATCH = 500
Read = Callable[[Callable[[Session], set[str]]], set[str]]


def orphans(blobs: Blobs, read: Read, *, mend: bool, now: float | None = None) -> Iterator[Fault]:
    """Segments or objects that hold no body of any row."""
    before = (time.time() if now is None else now) - GRACE
    if isinstance(blobs, Segments):
        yield from _segments(blobs, read, before, mend=mend)
    elif isinstance(blobs, Objects):
        yield from _objects(blobs, read, before, mend=mend)


def _segments(segments: Segments, read: Read, before: float, *, mend: bool) -> Iterator[Fault]:
    names = [name for name in segments.names() if segments.changed_at(name) < before and not segments.in_use(name)]
    named = read(lambda tx: set(tx.connection().execute(select(Blob.segment).distinct()).scalars()))
    for name in names:
        if name not in named:
            size = segments.size_of(name)
            yield Fault(Kind.SEGMENT, name, f"{size} bytes", "", mend and segments.remove(name))


def _objects(objects: Objects, read: Read, before: float, *, mend: bool) -> Iterator[Fault]:
    for some in objects.pages(before):
        hashes = [one.sha256 for one in some]
        named = read(lambda tx, hashes=hashes: _named(tx, hashes))  # type: ignore[misc]
        orphaned = [one.place for one in some if one.place.segment not in named]
        if mend:
            objects.forget(orphaned)
        for place in orphaned:
            yield Fault(Kind.SEGMENT, place.segment, f"{place.stored} bytes", "", mend)


def _named(tx: Session, hashes: list[bytes]) -> set[str]:
    return set(tx.connection().execute(select(Blob.segment).where(Blob.sha256.in_(hashes))).scalars())


def leftovers(data_dir: Path, *, mend: bool, now: float | None = None) -> Iterator[Fault]:
    """Files in the folders of bodies and of messages on their way in that neither holds now."""
    before = (time.time() if now is None else now) - GRACE
    places = [path for path in data_dir.glob("blobs/*") if path.suffix != ".seg"]
    places += data_dir.glob(f"{spooled.FOLDER}/*")
    for path in sorted(places):
        if path.is_file() and path.stat().st_mtime < before:
            size = path.stat().st_size
            if mend:
                path.unlink()
            yield Fault(Kind.LEFTOVER, str(path.relative_to(data_dir)), f"{size} bytes", "", mend)
