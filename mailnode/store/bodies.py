"""Bodies by their row: put once for each SHA-256, read by id.

Also the queue's way to keep a message: a blob is kept as long as any row's foreign key names it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import pending
from mailnode.errors import StoreDamaged
from mailnode.octets import LARGE, Large, Octets, blocks
from mailnode.prepared import Prepared
from mailnode.store.blobs import Blobs, Damaged, Place
from mailnode.store.models import Blob, BlobText
from mailnode.store.opening import blobs_of

SMALL, KEPT = 32_768, 2047  # bytes
_log = log.get("store")
_find = Prepared(select(Blob.id, Blob.segment, Blob.offset, Blob.stored).where(Blob.sha256 == bindparam("sha256")))
_add = Prepared(
    text(
        'INSERT INTO blob (sha256, segment, "offset", stored, size, created_at)'
        " VALUES (:sha256, :segment, :offset, :stored, :size, :created_at)"
        " ON CONFLICT (sha256) DO NOTHING RETURNING id"
    )
)
_add_text = Prepared(insert(BlobText), "blob_id", "text")
_text = Prepared(select(BlobText.blob_id).where(BlobText.blob_id == bindparam("id")))
_place = Prepared(select(Blob.segment, Blob.offset, Blob.stored).where(Blob.id == bindparam("id")))


@dataclass(frozen=True, slots=True)
class Body:
    """A body's row: ``new`` when this call has stored it."""

    id: int
    new: bool


def sha256(raw: Octets) -> bytes:
    """The name of a body. Small ones in slices for which hashlib keeps the interpreter: to let go of it and to get
    it back from a busy thread takes thirty times as long as the hash."""
    found = hashlib.sha256()
    if len(raw) > SMALL:
        for block in [raw] if isinstance(raw, bytes) else blocks(raw):
            found.update(block)
        return found.digest()
    for at in range(0, len(raw), KEPT):
        found.update(raw[at : at + KEPT])
    return found.digest()


def put(tx: Session, raw: Octets, known: bytes | None = None, place: Place | None = None) -> Body:
    """Store a body unless it is there; durable with the transaction's commit. ``known`` is its SHA-256.

    ``place`` is where its bytes lie already, durable."""
    sha = known or sha256(raw)
    conn = tx.connection()
    if place is None:
        found = _find.run(conn, {"sha256": sha}).fetchone()
        if found is not None:
            return Body(found[0], new=False)
        place = _written(tx, sha, raw)
    row = {
        "sha256": sha,
        "segment": place.segment,
        "offset": place.offset,
        "stored": place.stored,
        "size": len(raw),
        "created_at": int(time.time()),
    }
    added = _add.run(conn, row).fetchone()
    return Body(added[0], new=True) if added else Body(_find.run(conn, row).fetchone()[0], new=False)


def placed(tx: Session, raw: Octets, sha: bytes) -> Place:
    """Where a body lies, written unless it is there; durable with the transaction's commit. A new row is the
    caller's to make."""
    found = _find.run(tx.connection(), {"sha256": sha}).fetchone()
    return Place(*found[1:]) if found is not None else _written(tx, sha, raw)


def _written(tx: Session, sha: bytes, raw: Octets) -> Place:
    blobs = blobs_of(tx)
    place = put_bytes(blobs, sha, raw)
    pending(tx).durable(blobs, blobs.sync)
    return place


def put_bytes(blobs: Blobs, sha: bytes, raw: Octets) -> Place:
    """Hand a body to its home; durable once the home has synced."""
    return blobs.put(sha, raw) if isinstance(raw, bytes) and len(raw) <= LARGE else blobs.put_large(sha, raw)


def put_text(tx: Session, blob_id: int, packed: bytes) -> None:
    """Keep the searchable text of a new body, as `texts.pack` made it."""
    _add_text.run(tx.connection(), {"blob_id": blob_id, "text": packed})


def has_text(tx: Session, blob_id: int) -> bool:
    """False for a body that only the queue has known so far."""
    return _text.run(tx.connection(), {"id": blob_id}).fetchone() is not None


def read(tx: Session, blob_id: int) -> bytes:
    """The body's bytes. Raises StoreDamaged."""
    return read_at(tx, Place(*_place.run(tx.connection(), {"id": blob_id}).fetchone()))


def read_at(tx: Session, place: Place) -> bytes:
    """The bytes at a place that a query has already given. Raises StoreDamaged."""
    return opener(tx)(place)[:]


def opened(tx: Session, blob_id: int) -> Octets:
    """The body, of which nothing is held in memory while it is large. Raises StoreDamaged, now or when it is read."""
    return opener(tx)(Place(*_place.run(tx.connection(), {"id": blob_id}).fetchone()))


def opener(tx: Session) -> Callable[[Place], Octets]:
    """`opened` for places that a query has already given. What it gives lives longer than the transaction."""
    blobs = blobs_of(tx)

    def open_(place: Place) -> Octets:
        try:
            found = blobs.open(place)
        except Damaged as error:
            raise _refused(place, error) from error
        return _Kept(place, found) if isinstance(found, Large) else found

    return open_


def opened_all(blobs: Blobs, places: Sequence[Place]) -> Iterator[Octets]:
    """The same for many, in this order and one after the other as they are asked for; needs no transaction."""
    found = blobs.open_all(places)
    for place in places:
        try:
            body = next(found)
        except Damaged as error:
            raise _refused(place, error) from error
        yield _Kept(place, body) if isinstance(body, Large) else body


def _refused(place: Place, error: Damaged) -> StoreDamaged:
    _log.error("body damaged", place=str(place), error=str(error))
    return StoreDamaged()


class _Kept(Large):
    """A large body in its home."""

    __slots__ = ("_body", "_place")

    def __init__(self, place: Place, body: Large) -> None:
        super().__init__()
        self._place = place
        self._body = body

    def __len__(self) -> int:
        return len(self._body)

    def read(self, start: int, end: int) -> bytes:
        try:
            return self._body.read(start, end)
        except Damaged as error:
            raise _refused(self._place, error) from error
