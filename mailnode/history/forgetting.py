"""Forget rows when their time is over, some hundred at a time, with their places in the index.

Refusals have a shorter time than what became of mail: there are many of them, and they are asked for soon or never.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from mailnode.history import finding, keys
from mailnode.history.models import BUCKET, History, HistoryBucket, HistoryKey
from mailnode.prepared import Prepared

DAY = 86_400  # seconds
AT_ONCE = 500  # rows of one step
_oldest = select(History.id, History.at, History.keys).order_by(History.id).limit(AT_ONCE)
_remove_key = Prepared(
    delete(HistoryKey).where(
        HistoryKey.bucket == bindparam("k_bucket"),
        HistoryKey.hash == bindparam("k_hash"),
        HistoryKey.row_id == bindparam("k_row"),
    )
)
_is_refusal = HistoryKey.hash == keys.number(keys.refused())
# A subquery with a limit, and not EXISTS, which PostgreSQL may turn into a walk through the whole index.
_any_refusal = select(HistoryKey.row_id).where(HistoryKey.bucket == HistoryBucket.id, _is_refusal).limit(1)
_first_bucket = (
    select(HistoryBucket.id).where(_any_refusal.scalar_subquery().is_not(None)).order_by(HistoryBucket.id).limit(1)
)
_refused = (
    select(HistoryKey.row_id)
    .where(HistoryKey.bucket == bindparam("bucket"), _is_refusal)
    .order_by(HistoryKey.row_id)
    .limit(AT_ONCE)
)
_these = select(History.id, History.at, History.keys).where(History.id.in_(bindparam("ids", expanding=True)))
_remove = delete(History).where(History.id.in_(bindparam("ids", expanding=True)))


class Old(NamedTuple):
    """A row that may have to go."""

    id: int
    at: int
    keys: bytes


def prune(tx: Session, now: int, *, days: int, refused_days: int) -> int:
    """One step; gives how many rows are gone, 0 when nothing is left to forget."""
    before = now - days * DAY
    oldest = [Old(*row) for row in tx.connection().execute(_oldest)]
    gone = [row for row in oldest if row.at < before] or _old_refusals(tx, now - refused_days * DAY)
    _forget(tx, gone)
    return len(gone)


def _old_refusals(tx: Session, before: int) -> list[Old]:
    """From the oldest bucket that has any; refusals that are not in the index yet are young."""
    conn = tx.connection()
    bucket = conn.execute(_first_bucket).scalar()
    if bucket is None:
        return []
    found = conn.execute(_refused, {"bucket": bucket}).scalars().all()
    rows = [Old(*row) for row in conn.execute(_these, {"ids": list(found)})]
    return [row for row in rows if row.at < before]


def _forget(tx: Session, rows: Sequence[Old]) -> None:
    if not rows:
        return
    conn, indexed = tx.connection(), finding.indexed_to(tx)
    entries = [
        {"k_bucket": row.id // BUCKET, "k_hash": hash_, "k_row": row.id}
        for row in rows
        if row.id <= indexed
        for hash_ in set(keys.unpacked(row.keys))
    ]
    _remove_key.many(conn, entries)
    conn.execute(_remove, {"ids": [row.id for row in rows]})
    first = conn.execute(_oldest.with_only_columns(History.id).limit(1)).scalar()
    # The newest bucket stays, for it says how far the index goes.
    last = min(first or indexed, indexed) // BUCKET
    conn.execute(delete(HistoryBucket).where(HistoryBucket.id < last))
