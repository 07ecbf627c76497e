"""Look rows up: by any key, newest first, in pages; and everything that belongs to one message.

A look-up reads the last rows, which are not in the index yet, and asks every bucket of the index once, from the newest
on, until the page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.history import details, keys
from mailnode.history.details import Detail, What
from mailnode.history.models import BUCKET, History, HistoryBucket

NEWEST = (1 << 62) - 1  # before which everything is
MAX_STORY = 1000  # rows of one message


@dataclass(frozen=True, slots=True)
class Row:
    """One row, read. The names are those of `record.Story`; ``at`` is in seconds since the epoch."""

    id: int
    at: int
    what: What
    trace: str
    queue_id: int
    user_id: int
    sender: str
    detail: Detail


# One look for each bucket; the order of the loops is the order of the answer, so that it ends when the page is full.
INDEXED_SQLITE = text(
    "SELECT k.row_id FROM history_bucket b CROSS JOIN history_key k"
    " WHERE b.id <= :bucket AND k.bucket = b.id AND k.hash = :hash AND k.row_id < :before"
    " ORDER BY b.id DESC, k.row_id DESC LIMIT :most"
)
INDEXED_POSTGRES = text(
    "SELECT k.row_id FROM history_bucket b CROSS JOIN LATERAL (SELECT row_id FROM history_key"
    " WHERE bucket = b.id AND hash = :hash AND row_id < :before ORDER BY row_id DESC LIMIT :most) k"
    " WHERE b.id <= :bucket ORDER BY b.id DESC, k.row_id DESC LIMIT :most"
)
_LATE_SQLITE = text(
    "SELECT id, keys FROM history WHERE id > :indexed AND id < :before AND instr(keys, :key) > 0"
    " ORDER BY id DESC LIMIT :most"
)
_LATE_POSTGRES = text(
    "SELECT id, keys FROM history WHERE id > :indexed AND id < :before AND position(:key in keys) > 0"
    " ORDER BY id DESC LIMIT :most"
)
_INDEXED_TO = select(HistoryBucket.indexed).order_by(HistoryBucket.id.desc()).limit(1)
_COLUMNS = (
    History.id,
    History.at,
    History.what,
    History.trace,
    History.queue_id,
    History.user_id,
    History.sender,
    History.detail,
)
_ROWS = select(*_COLUMNS).where(History.id.in_(bindparam("ids", expanding=True))).order_by(History.id.desc())
_ALL = select(*_COLUMNS).where(History.id < bindparam("before")).order_by(History.id.desc()).limit(bindparam("most"))


def find(tx: Session, key: bytes, *, before: int = NEWEST, most: int = 100) -> list[Row]:
    """Rows with this key, the newest first; those before ``before`` only."""
    return read(tx, ids(tx, key, before=before, most=most))


def everything(tx: Session, *, before: int = NEWEST, most: int = 100) -> list[Row]:
    """Rows of whatever kind, the newest first."""
    return [_row(*found) for found in tx.connection().execute(_ALL, {"before": before, "most": most})]


def by_id(tx: Session, row_id: int) -> Row | None:
    """One row."""
    found = read(tx, [row_id])
    return found[0] if found else None


def ids(tx: Session, key: bytes, *, before: int = NEWEST, most: int = 100) -> list[int]:
    """The ids of `find`."""
    indexed = indexed_to(tx)
    found = _late(tx, key, indexed, before, most)
    if len(found) < most:
        before = min(before, indexed + 1)
        values = {"bucket": before // BUCKET, "hash": keys.number(key), "before": before, "most": most - len(found)}
        statement = INDEXED_SQLITE if is_sqlite(tx) else INDEXED_POSTGRES
        found += tx.connection().execute(statement, values).scalars()
    return found


def indexed_to(tx: Session) -> int:
    """The last row that is in the index; 0 before there is one."""
    return tx.connection().execute(_INDEXED_TO).scalar() or 0


def _late(tx: Session, key: bytes, indexed: int, before: int, most: int) -> list[int]:
    """Among the rows behind the index. That the octets stand somewhere in ``keys`` is not enough: at a key's place."""
    values = {"indexed": indexed, "before": before, "key": key, "most": most}
    rows = tx.connection().execute(_LATE_SQLITE if is_sqlite(tx) else _LATE_POSTGRES, values)
    return [row_id for row_id, packed in rows if keys.number(key) in keys.unpacked(packed)]


def story(tx: Session, first: Row) -> list[Row]:
    """Every row of the message that this one is about, in the order of time.

    From row to row by trace and queue id: an alias' targets, a rule's forwarding and reports to the sender have queue
    entries of their own.
    """
    found: dict[int, Row] = {first.id: first}
    asked: set[bytes] = set()
    waiting = _links(first)
    while waiting and len(found) < MAX_STORY:
        key = waiting.pop()
        if key in asked:
            continue
        asked.add(key)
        for row in find(tx, key, most=MAX_STORY):
            if row.id not in found:
                found[row.id] = row
                waiting += _links(row)
    return [found[row_id] for row_id in sorted(found)]


def _links(row: Row) -> list[bytes]:
    linked = [keys.trace(row.trace)] if row.trace else []
    numbers = {row.queue_id, *(step.queue_id for step in row.detail.steps)}
    linked += [keys.queued(number) for number in numbers if number]
    return linked + [keys.quarantined(step.quarantine_id) for step in row.detail.steps if step.quarantine_id]


def read(tx: Session, row_ids: Sequence[int]) -> list[Row]:
    """Rows by their ids, the newest first."""
    if not row_ids:
        return []
    return [_row(*found) for found in tx.connection().execute(_ROWS, {"ids": list(row_ids)})]


def _row(row_id: int, at: int, what: int, trace: str, queue_id: int, user_id: int, sender: str, detail: str) -> Row:
    return Row(row_id, at, What(what), trace, queue_id, user_id, sender, details.read(detail))
