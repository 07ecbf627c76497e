"""Giving back space: bodies that nobody names any more, and segments that are mostly empty.

A body is kept as long as a row with a foreign key to ``blob`` names it, whichever table that is,
and for `GRACE` after it was stored. Runs in the worker process, in small steps.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import Base, pending
from mailnode.store.blobs import Damaged, Place
from mailnode.store.blobs.segments import Segments
from mailnode.store.models import Blob, BlobText
from mailnode.store.opening import blobs_of

GRACE = 3600  # seconds
BATCH = 1000
MOSTLY_EMPTY = 0.5  # of a segment's bytes still named
_log = log.get("sweep")


@dataclass(frozen=True, slots=True)
class Swept:
    """Bodies forgotten, and the bytes that they took."""

    bodies: int
    size: int


def unnamed(tx: Session, *, older_than: int) -> list[tuple[int, Place]]:
    """Bodies that no row names, at most `BATCH` of them."""
    statement = (
        select(Blob.id, Blob.segment, Blob.offset, Blob.stored)
        .where(Blob.created_at < older_than, *(~named for named in _names()))
        .limit(BATCH)
    )
    return [(row.id, Place(row.segment, row.offset, row.stored)) for row in tx.connection().execute(statement)]


def _names() -> list[ColumnElement[bool]]:
    """One EXISTS for each column of any table that names a body and would keep it from being deleted."""
    found: list[ColumnElement[bool]] = []
    for table in Base.metadata.tables.values():
        if table is BlobText.__table__:
            continue
        for column in table.columns:
            if any(key.column is Blob.__table__.c.id for key in column.foreign_keys):
                found.append(exists().where(column == Blob.id).correlate(Blob))
    return found


def sweep(tx: Session, *, now: int | None = None, grace: int = GRACE) -> Swept:
    """Forget up to `BATCH` unnamed bodies; their bytes are given back after the commit."""
    older_than = (int(time.time()) if now is None else now) - grace
    found = unnamed(tx, older_than=older_than)
    if found:
        gone = delete(Blob).where(Blob.id.in_([blob_id for blob_id, _ in found])).returning(Blob.sha256)
        _give_back(tx, {place for _, place in found}, tx.connection().execute(gone).scalars().all())
    return Swept(len(found), sum(place.stored for _, place in found))


def _give_back(tx: Session, places: set[Place], hashes: Sequence[bytes]) -> None:
    """Forget them after the commit, but not what a row names again by then: a step before this one may have found a
    body while it was there, and its row is written at the end of the group (`Pending.gathered`)."""
    owed, conn, blobs = pending(tx), tx.connection(), blobs_of(tx)
    again = select(Blob.segment, Blob.offset, Blob.stored).where(Blob.sha256.in_(hashes))

    def spare() -> None:
        places.difference_update(Place(*row) for row in conn.execute(again))

    owed.durable(spare, spare)
    owed.after(lambda: blobs.forget([*places]))


def sparse_segments(tx: Session, segments: Segments) -> list[str]:
    """Finished segments of which some, but less than `MOSTLY_EMPTY`, is still named."""
    live = _live(tx)
    return [
        name
        for name in segments.names()
        if not segments.in_use(name) and 0 < live.get(name, 0) <= segments.size_of(name) * MOSTLY_EMPTY
    ]


def compact(tx: Session, name: str) -> int:
    """Copy what is still named in a segment, and whole, to the current one; returns how many bodies it had.

    The old file stays for those who read by rows that they have already seen; `remove_empty` takes it later.
    """
    segments = blobs_of(tx)
    if not isinstance(segments, Segments):
        return 0
    rows = tx.connection().execute(select(Blob.__table__).where(Blob.segment == name)).all()
    _move(tx, segments, rows)
    segments.touch(name)
    pending(tx).durable(segments, segments.sync)
    return len(rows)


def remove_empty(tx: Session, *, now: float | None = None, grace: int = GRACE) -> list[str]:
    """Delete finished segments that no row has named for ``grace`` seconds; returns their names."""
    segments = blobs_of(tx)
    if not isinstance(segments, Segments):
        return []
    live = _live(tx)
    before = (time.time() if now is None else now) - grace
    return [
        name
        for name in segments.names()
        if name not in live and segments.changed_at(name) < before and segments.remove(name)
    ]


def _live(tx: Session) -> dict[str, int]:
    rows = tx.connection().execute(select(Blob.segment, func.sum(Blob.stored)).group_by(Blob.segment))
    return {row[0]: row[1] for row in rows}


def _move(tx: Session, segments: Segments, rows: Sequence[object]) -> None:
    for row in rows:
        blob_id, sha256, segment, offset, stored = (
            getattr(row, key) for key in ("id", "sha256", "segment", "offset", "stored")
        )
        old = Place(segment, offset, stored)
        try:
            place = segments.put(sha256, segments.read(old))
        except Damaged as error:  # stays where it is: a matter for `store.check`
            _log.error("body damaged", place=str(old), error=str(error))
            continue
        tx.connection().execute(
            update(Blob)
            .where(Blob.id == blob_id)
            .values(segment=place.segment, offset=place.offset, stored=place.stored)
        )
