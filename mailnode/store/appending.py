"""Appending a message as one statement, on SQLite.

To append takes seven statements, and around each of them the thread that writes gives the interpreter away and has to
get it back from the threads that serve connections, while every other process waits for the write lock. So each
connection to SQLite has a view of its own, ``appending``, and what an INSERT into it does is said once, in SQL: the
same as `store.messages` does in seven steps on other engines. A test compares the rows.

The checks come first, because ``OR FAIL`` takes nothing back, which saves SQLite the notes it would need for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import Connection

from mailnode.errors import NoSuchMailbox, OverQuota
from mailnode.prepared import Prepared, Rows, marks
from mailnode.store.models import PARSED


class Asked(NamedTuple):
    """What is to be kept of a message for one user, and in which mailbox: one of its name and its id."""

    mailbox_name: str | None
    mailbox_id: int | None
    unseen: int
    user_id: int
    size: int
    header_size: int
    prefix: bytes
    head: bytes
    flags: int
    keywords: str
    internal_date: int
    saved_at: int


MESSAGE = ("user_id", "size", "header_size", "prefix", "head", *PARSED)
ENTRY = ("flags", "keywords", "internal_date", "saved_at")
BODY = ("sha256", "segment", "offset", "stored", "body_size", "text")
COLUMNS = (*Asked._fields, *BODY, *PARSED)
AT_ONCE = 16  # rows of one statement
NO_MAILBOX, NO_ROOM = "no mailbox", "no room"

_PLACE = "coalesce(NEW.mailbox_id, (SELECT id FROM mailbox WHERE user_id = NEW.user_id AND name = NEW.mailbox_name))"
_WITHIN = """EXISTS (
      SELECT 1 FROM "user" u JOIN domain d ON d.id = u.domain_id
      WHERE u.id = NEW.user_id
        AND (coalesce(u.quota_messages, d.default_quota_messages, 0) = 0
             OR messages + 1 <= coalesce(u.quota_messages, d.default_quota_messages, 0))
        AND (coalesce(u.quota_bytes, d.default_quota_bytes, 0) = 0
             OR size + NEW.size <= coalesce(u.quota_bytes, d.default_quota_bytes, 0)))"""


def _quoted(names: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def _program() -> str:
    news = _quoted(MESSAGE, "NEW.")
    return f"""CREATE TEMP TRIGGER append INSTEAD OF INSERT ON appending BEGIN
    SELECT RAISE(FAIL, '{NO_MAILBOX}')
      WHERE NOT EXISTS (SELECT 1 FROM mailbox WHERE id = {_PLACE} AND user_id = NEW.user_id AND selectable);
    UPDATE user_counter SET modseq = modseq + 1, messages = messages + 1, size = size + NEW.size
      WHERE user_id = NEW.user_id AND {_WITHIN};
    SELECT RAISE(FAIL, '{NO_ROOM}') WHERE changes() = 0;
    UPDATE mailbox SET uid_next = uid_next + 1, messages = messages + 1, unseen = unseen + NEW.unseen,
        size = size + NEW.size, highest_modseq = (SELECT modseq FROM user_counter WHERE user_id = NEW.user_id)
      WHERE id = {_PLACE};
    INSERT INTO blob (sha256, segment, "offset", stored, size, created_at)
      VALUES (NEW.sha256, NEW.segment, NEW."offset", NEW.stored, NEW.body_size, NEW.saved_at)
      ON CONFLICT (sha256) DO NOTHING;
    INSERT INTO message (blob_id, copies, {_quoted(MESSAGE)})
      VALUES (iif(changes(), last_insert_rowid(), (SELECT id FROM blob WHERE sha256 = NEW.sha256)), 1, {news});
    INSERT INTO entry (user_id, mailbox_id, uid, modseq, size, message_id, {_quoted(ENTRY)})
      SELECT NEW.user_id, id, uid_next - 1, highest_modseq, NEW.size, last_insert_rowid(), {_quoted(ENTRY, "NEW.")}
      FROM mailbox WHERE id = {_PLACE};
    INSERT INTO journal (user_id, modseq, mailbox_id, uid, what, old, at)
      SELECT NEW.user_id, highest_modseq, id, uid_next - 1, 1, '', NEW.saved_at FROM mailbox WHERE id = {_PLACE};
    INSERT INTO blob_text (blob_id, text)
      SELECT id, NEW.text FROM blob WHERE NEW.text IS NOT NULL AND sha256 = NEW.sha256
      ON CONFLICT (blob_id) DO NOTHING;
    END"""  # noqa: S608  names of our own


_view = "CREATE TEMP VIEW appending AS SELECT " + ", ".join(f'NULL AS "{name}"' for name in COLUMNS)
_append = Rows(f"INSERT OR FAIL INTO appending ({_quoted(COLUMNS)})", marks(COLUMNS), at_once=AT_ONCE)
_appended = Prepared(
    text(
        "SELECT m.id, e.uid, m.uid_validity, e.modseq, e.message_id FROM mailbox m"
        " JOIN entry e ON e.user_id = m.user_id AND e.mailbox_id = m.id AND e.uid = m.uid_next - 1"
        " WHERE m.id = coalesce(:mailbox_id,"
        " (SELECT id FROM mailbox WHERE user_id = :user_id AND name = :mailbox_name))"
    )
)


def prepare(engine: Engine) -> None:
    """Let every connection of an SQLite engine have the program."""

    @event.listens_for(engine, "connect")
    def connected(dbapi: Any, _record: Any) -> None:
        dbapi.execute(_view).close()
        dbapi.execute(_program()).close()


def run(conn: Connection, row: Sequence[Any]) -> None:
    """Append; ``row`` has the values of `COLUMNS`. Raises NoSuchMailbox and OverQuota, and has changed nothing then."""
    run_all(conn, [row])


@contextmanager
def _refusals() -> Iterator[None]:
    """What the program says becomes an error of ours."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if str(error) == NO_MAILBOX:
            raise NoSuchMailbox from None
        if str(error) == NO_ROOM:
            raise OverQuota from None
        raise


def run_all(conn: Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Append many, in this order. Raises what `run` raises, and may have appended some of them then."""
    with _refusals():
        _append.insert(conn, rows)


def place(conn: Connection, asked: Asked) -> tuple[int, int, int, int, int]:
    """Where what was appended last is: mailbox, uid, uidvalidity, modseq and message."""
    found: tuple[int, int, int, int, int] = _appended.run(conn, asked._asdict()).fetchone()
    return found
