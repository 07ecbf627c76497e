"""The rows of messages that come into the queue.

On SQLite those of one group of steps are written together at its end, by one statement for each table: around each
statement the writer gives the interpreter away, while every other process waits for the write lock. The ids are
counted on meanwhile, since nobody else can take one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from mailnode.database import pending
from mailnode.prepared import Prepared, Rows, marks
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import messages
from mailnode.store.incoming import Incoming

Row = Mapping[str, Any]

MESSAGE = tuple(c.name for c in QueueMessage.__table__.columns if c.name not in ("id", "blob_id"))
RECIPIENT = (
    "address",
    "destination",
    "state",
    "attempts",
    "next_attempt_at",
    "expires_at",
    "warned",
    "orcpt",
    "notify",
    "held_for",
)
_add_message = Prepared(insert(QueueMessage).returning(QueueMessage.id), "blob_id", *MESSAGE)
_add_recipient = Prepared(insert(QueueRecipient), "message_id", *RECIPIENT)
AT_ONCE = 32  # rows of one statement
_BODIES = Rows(
    'INSERT INTO blob (sha256, segment, "offset", stored, size, created_at)',
    "?, ?, ?, ?, ?, ?",
    "ON CONFLICT (sha256) DO NOTHING",
    at_once=AT_ONCE,
)
_MESSAGES = Rows(
    f"INSERT INTO queue_message (id, blob_id, {', '.join(MESSAGE)})",
    f"?, coalesce(?, (SELECT id FROM blob WHERE sha256 = ?)), {marks(MESSAGE)}",  # noqa: S608  names of our own
    at_once=AT_ONCE,
)
_RECIPIENTS = Rows(
    f"INSERT INTO queue_recipient (message_id, {', '.join(RECIPIENT)})", f"?, {marks(RECIPIENT)}", at_once=AT_ONCE
)
_last_id = Prepared(text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'queue_message'"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: its row with `MESSAGE`'s columns, those of its recipients with `RECIPIENT`'s, and its body."""

    body: Incoming | int  # or the id of one that is stored
    message: Row
    recipients: Sequence[Row]


def enter(tx: Session, entry: Entry) -> int:
    """Put it in; gives its id."""
    conn, owed = tx.connection(), pending(tx)
    if owed.gathers and conn.dialect.name == "sqlite":
        gathered = owed.gathered(_write_all, conn)
        last = gathered[-1][0] if gathered else _last_id.run(conn, {}).fetchone()[0]
        gathered.append((last + 1, _with_place(tx, entry)))
        return int(last) + 1
    row = {**entry.message, "blob_id": _stored(tx, entry.body)}
    message_id: int = _add_message.run(conn, row).fetchone()[0]
    _add_recipient.many(conn, [{**one, "message_id": message_id} for one in entry.recipients])
    return message_id


def _stored(tx: Session, body: Incoming | int) -> int:
    return messages.kept(tx, body).id if isinstance(body, Incoming) else body


def _with_place(tx: Session, entry: Entry) -> Entry:
    """With a body that lies somewhere, so that its row can be written with the others."""
    if isinstance(entry.body, int) or entry.body.place is not None:
        return entry
    return Entry(_stored(tx, entry.body), entry.message, entry.recipients)


def _write_all(conn: Connection, entries: Sequence[tuple[int, Entry]]) -> None:
    _BODIES.insert(conn, [_body(one.body) for _, one in entries if isinstance(one.body, Incoming)])
    _MESSAGES.insert(conn, [_message(number, one) for number, one in entries])
    _RECIPIENTS.insert(conn, [_recipient(number, row) for number, one in entries for row in one.recipients])


def _body(message: Incoming) -> list[Any]:
    assert message.place is not None
    place = message.place
    return [message.sha256, place.segment, place.offset, place.stored, len(message.raw), int(time.time())]


def _message(number: int, entry: Entry) -> list[Any]:
    known = (None, entry.body.sha256) if isinstance(entry.body, Incoming) else (entry.body, None)
    return [number, *known, *(entry.message[name] for name in MESSAGE)]


def _recipient(number: int, row: Row) -> list[Any]:
    return [number, *(row[name] for name in RECIPIENT)]
