"""Look rows up: by any key, newest first, in pages; and everything that belongs to one message.

A look-up reads the last rows, which are not in the index yet, and asks every bucket of the index once, from the newest
on, until the page is full.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import TextClause, bindparam, select, text
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.history import details, keys
from mailnode.history.details import Act, Detail, Step, What
from mailnode.history.models import BUCKET, History, HistoryBucket

NEWEST = (1 << 62) - 1  # before which everything is
MAX_STORY = 1000  # rows of one message
REPORTS = (Act.BOUNCED, Act.WARNED, Act.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, read. The names are those of `record.Story`; ``at`` is in seconds since the epoch.

    ``message`` is what `grouped` found: the oldest of the rows that are about the same message.
    """

    id: int
    at: int
    what: What
    trace: str
    queue_id: int
    user_id: int
    sender: str
    detail: Detail
    message: int = 0


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
# Any of many hashes. On SQLite each bucket is sought once for each of them, so that keeping the order of the buckets
# costs nothing; on PostgreSQL once for all.
ANY_SQLITE = text(
    "SELECT k.row_id FROM history_bucket b CROSS JOIN history_key k"
    " WHERE b.id >= :first AND k.bucket = b.id AND k.hash IN :hashes"
    " ORDER BY b.id DESC, k.row_id DESC LIMIT :most"
).bindparams(bindparam("hashes", expanding=True))
ANY_POSTGRES = text(
    "SELECT k.row_id FROM history_bucket b CROSS JOIN LATERAL (SELECT row_id FROM history_key"
    " WHERE bucket = b.id AND hash IN :hashes ORDER BY row_id DESC LIMIT :most) k"
    " WHERE b.id >= :first ORDER BY b.id DESC, k.row_id DESC LIMIT :most"
).bindparams(bindparam("hashes", expanding=True))
_HAS_SQLITE, _HAS_POSTGRES = "instr(keys, :key{}) > 0", "position(:key{} in keys) > 0"
KEYS_AT_ONCE = 50  # that are looked for among the rows behind the index in one statement
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
    found = _late(tx, [key], indexed, before, most)
    if len(found) < most:
        before = min(before, indexed + 1)
        values = {"bucket": before // BUCKET, "hash": keys.number(key), "before": before, "most": most - len(found)}
        statement = INDEXED_SQLITE if is_sqlite(tx) else INDEXED_POSTGRES
        found += tx.connection().execute(statement, values).scalars()
    return found


def indexed_to(tx: Session) -> int:
    """The last row that is in the index; 0 before there is one."""
    return tx.connection().execute(_INDEXED_TO).scalar() or 0


def _late(tx: Session, wanted: Sequence[bytes], indexed: int, before: int, most: int) -> list[int]:
    """Rows behind the index that have one of these few keys. That its octets stand somewhere in ``keys`` is not enough:
    at a key's place."""
    hashes = {keys.number(key) for key in wanted}
    values = {"indexed": indexed, "before": before, "most": most, **{f"key{at}": key for at, key in enumerate(wanted)}}
    rows = tx.connection().execute(_among_late(len(wanted), sqlite=is_sqlite(tx)), values)
    return [row_id for row_id, packed in rows if not hashes.isdisjoint(keys.unpacked(packed))]


@lru_cache(2 * KEYS_AT_ONCE)
def _among_late(number: int, *, sqlite: bool) -> TextClause:
    has = _HAS_SQLITE if sqlite else _HAS_POSTGRES
    any_key = " OR ".join(has.format(at) for at in range(number))
    return text(
        f"SELECT id, keys FROM history WHERE id > :indexed AND id < :before AND ({any_key})"  # noqa: S608  our own words
        " ORDER BY id DESC LIMIT :most"
    )


def story(tx: Session, first: Row) -> list[Row]:
    """Every row of the message that this one is about, in the order of time."""
    return stories(tx, [first])


def stories(tx: Session, rows: Sequence[Row]) -> list[Row]:
    """Every row of the messages that these are about, in the order of time.

    From row to row by trace and queue id: an alias' targets, a rule's forwarding and reports to the sender have queue
    entries of their own.
    """
    return _linked(tx, rows, _links, 0)


def followed(tx: Session, rows: Sequence[Row]) -> list[Row]:
    """These rows of acceptance with what became of their messages, the newest first; without the way of the reports
    about them.

    Looked for from the bucket of the oldest row on, and in the one before: a door may have told of recipients that it
    refused.
    """
    if not rows:
        return []
    first = min(row.id for row in rows) // BUCKET - 1
    return _linked(tx, rows, _ways, first)[::-1]


def _linked(tx: Session, rows: Sequence[Row], links: Callable[[Row], list[bytes]], first: int) -> list[Row]:
    """By as many looks as the longest way has steps, and some for those behind the index, not one for each row."""
    found: dict[int, Row] = {row.id: row for row in rows}
    asked: set[bytes] = set()
    fresh: Sequence[Row] = rows
    while len(found) < MAX_STORY and (wanted := {key for row in fresh for key in links(row)} - asked):
        asked |= wanted
        fresh = read(tx, [row_id for row_id in _ids_of_any(tx, wanted, first, MAX_STORY) if row_id not in found])
        found |= {row.id: row for row in fresh}
    return [found[row_id] for row_id in sorted(found)]


def _ids_of_any(tx: Session, wanted: Collection[bytes], first: int, most: int) -> list[int]:
    """Rows with one of these keys, the newest first, from the bucket ``first`` on."""
    indexed, each = indexed_to(tx), sorted(wanted)
    some = [each[at : at + KEYS_AT_ONCE] for at in range(0, len(each), KEYS_AT_ONCE)]
    late = {row_id for few in some for row_id in _late(tx, few, indexed, NEWEST, most)}
    found = sorted(late, reverse=True)[:most]
    if len(found) < most:
        hashes = sorted(map(keys.number, wanted))
        values = {"first": first, "hashes": hashes, "most": most - len(found)}
        statement = ANY_SQLITE if is_sqlite(tx) else ANY_POSTGRES
        found += dict.fromkeys(tx.connection().execute(statement, values).scalars())
    return found


def grouped(rows: Sequence[Row]) -> list[Row]:
    """The same rows, each with its ``message``, as far as they tell: what links them is hidden from most viewers."""
    leads = {row.id: row.id for row in rows}

    def oldest(row_id: int) -> int:
        while leads[row_id] != row_id:
            row_id = leads[row_id]
        return row_id

    owners: dict[bytes, int] = {}
    for row in sorted(rows, key=lambda one: one.id):
        for key in _links(row):
            first, second = sorted((oldest(row.id), oldest(owners.setdefault(key, row.id))))
            leads[second] = first
    return [replace(row, message=oldest(row.id)) for row in rows]


def _links(row: Row) -> list[bytes]:
    return _names(row, row.detail.steps)


def _ways(row: Row) -> list[bytes]:
    """The links but those to the reports that the sender is told by."""
    return _names(row, [step for step in row.detail.steps if step.act not in REPORTS])


def _names(row: Row, steps: Sequence[Step]) -> list[bytes]:
    linked = [keys.trace(row.trace)] if row.trace else []
    numbers = {row.queue_id, *(step.queue_id for step in steps)}
    linked += [keys.queued(number) for number in numbers if number]
    return linked + [keys.quarantined(step.quarantine_id) for step in steps if step.quarantine_id]


def read(tx: Session, row_ids: Sequence[int]) -> list[Row]:
    """Rows by their ids, the newest first."""
    if not row_ids:
        return []
    return [_row(*found) for found in tx.connection().execute(_ROWS, {"ids": list(row_ids)})]


def _row(row_id: int, at: int, what: int, trace: str, queue_id: int, user_id: int, sender: str, detail: str) -> Row:
    return Row(row_id, at, What(what), trace, queue_id, user_id, sender, details.read(detail))
