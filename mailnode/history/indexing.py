"""Bring the last rows into the index, some hundred at a time.

A process of its own does it (see `node.indexer`), once there are enough of them for the trouble. On SQLite rows come
in the order of their ids, since writers take turns. On PostgreSQL a smaller id may be committed later than a larger
one; so the table is locked for the moment in which the newest id is read, and no id below it can come any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict, is_sqlite
from mailnode.history import finding, keys
from mailnode.history.models import BUCKET, History, HistoryBucket, HistoryKey
from mailnode.prepared import Prepared

AT_ONCE = 1000  # rows of one step: some milliseconds of the write lock
ENOUGH = 500  # rows that are worth a step; so many are looked through by every look-up
_newest = select(func.max(History.id))
_next = (
    select(History.id, History.keys)
    .where(History.id > bindparam("after"), History.id <= bindparam("settled"))
    .order_by(History.id)
    .limit(AT_ONCE)
)
_add_key = Prepared(insert(HistoryKey), "bucket", "hash", "row_id")


def is_behind(tx: Session) -> bool:
    """Whether a step is worth while."""
    return (tx.connection().execute(_newest).scalar() or 0) - finding.indexed_to(tx) >= ENOUGH


def settled(tx: Session) -> int:
    """The newest row that no row with a smaller id can follow. For a short transaction of its own."""
    if not is_sqlite(tx):
        tx.connection().execute(text("LOCK TABLE history IN SHARE MODE"))
    return tx.connection().execute(_newest).scalar() or 0


def extend(tx: Session, settled_to: int) -> int:
    """Index the next rows, none behind ``settled_to``; gives how many, 0 at the end."""
    after = finding.indexed_to(tx)
    rows = [(row.id, row.keys) for row in tx.connection().execute(_next, {"after": after, "settled": settled_to})]
    if rows:
        _add_key.many(tx.connection(), _entries(rows))
        for bucket in range(rows[0][0] // BUCKET, rows[-1][0] // BUCKET + 1):
            _mark(tx, bucket, max(row_id for row_id, _ in rows if row_id // BUCKET <= bucket))
    return len(rows)


def _entries(rows: Sequence[tuple[int, bytes]]) -> list[dict[str, int]]:
    """Sorted, so that each page of the index is written once."""
    found = sorted((row_id // BUCKET, hash_, row_id) for row_id, packed in rows for hash_ in set(keys.unpacked(packed)))
    return [{"bucket": bucket, "hash": hash_, "row_id": row_id} for bucket, hash_, row_id in found]


def _mark(tx: Session, bucket: int, indexed: int) -> None:
    made = insert_on_conflict(tx, HistoryBucket).values(id=bucket, indexed=indexed)
    tx.connection().execute(made.on_conflict_do_update(index_elements=["id"], set_={"indexed": indexed}))
