"""Bodies by their row: put once for each SHA-256, read by id.

Also the queue's way to keep a message: a blob is kept as long as any row's foreign key names it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import zstandard
from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import pending
from mailnode.errors import StoreDamaged
from mailnode.prepared import Prepared
from mailnode.store.blobs import Damaged, Place
from mailnode.store.models import Blob, BlobText
from mailnode.store.opening import blobs_of

SMALL, KEPT = 32_768, 2047  # bytes
_log = log.get("store")
_find = Prepared(select(Blob.id).where(Blob.sha256 == bindparam("sha")))
_add = Prepared(insert(Blob).returning(Blob.id), "sha256", "segment", "offset", "stored", "size", "created_at")
_add_text = Prepared(insert(BlobText), "blob_id", "text")
_text = Prepared(select(BlobText.blob_id).where(BlobText.blob_id == bindparam("id")))
_local = threading.local()
_place = select(Blob.segment, Blob.offset, Blob.stored).where(Blob.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Body:
    """A body's row: ``new`` when this call has stored it."""

    id: int
    new: bool


def sha256(raw: bytes) -> bytes:
    """The name of a body. Small ones in slices for which hashlib keeps the interpreter: to let go of it and to get
    it back from a busy thread takes thirty times as long as the hash."""
    if len(raw) > SMALL:
        return hashlib.sha256(raw).digest()
    found = hashlib.sha256()
    for at in range(0, len(raw), KEPT):
        found.update(raw[at : at + KEPT])
    return found.digest()


def put(tx: Session, raw: bytes, known: bytes | None = None, place: Place | None = None) -> Body:
    """Store a body unless it is there; durable with the transaction's commit. ``known`` is its SHA-256.

    ``place`` is where its bytes lie already, durable."""
    sha = known or sha256(raw)
    conn = tx.connection()
    found = _find.run(conn, {"sha": sha}).fetchone()
    if found is not None:
        return Body(found[0], new=False)
    if place is None:
        blobs = blobs_of(tx)
        place = blobs.put(sha, raw)
        pending(tx).durable(blobs, blobs.sync)
    row = {
        "sha256": sha,
        "segment": place.segment,
        "offset": place.offset,
        "stored": place.stored,
        "size": len(raw),
        "created_at": int(time.time()),
    }
    return Body(_add.run(conn, row).fetchone()[0], new=True)


def put_text(tx: Session, blob_id: int, packed: bytes) -> None:
    """Keep the searchable text of a new body, as `packed_text` made it."""
    _add_text.run(tx.connection(), {"blob_id": blob_id, "text": packed})


def has_text(tx: Session, blob_id: int) -> bool:
    """False for a body that only the queue has known so far."""
    return _text.run(tx.connection(), {"id": blob_id}).fetchone() is not None


def packed_text(text: str) -> bytes:
    """Case folded and compressed."""
    return _compressor().compress(text.casefold().encode("utf-8", "replace"))


def _compressor() -> zstandard.ZstdCompressor:
    """One for each thread: they are costly to make, and keep state while they work."""
    found: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if found is None:
        found = _local.compressor = zstandard.ZstdCompressor(level=1)
    return found


def read(tx: Session, blob_id: int) -> bytes:
    """The body's bytes. Raises StoreDamaged."""
    row = tx.connection().execute(_place, {"id": blob_id}).one()
    return read_at(tx, Place(row.segment, row.offset, row.stored))


def read_at(tx: Session, place: Place) -> bytes:
    """The bytes at a place that a query has already given. Raises StoreDamaged."""
    return reader(tx)(place)


def reader(tx: Session) -> Callable[[Place], bytes]:
    """`read_at` for many places of one transaction."""
    blobs = blobs_of(tx)

    def read(place: Place) -> bytes:
        try:
            return blobs.read(place)
        except Damaged as error:
            _log.error("body damaged", place=str(place), error=str(error))
            raise StoreDamaged from error

    return read
