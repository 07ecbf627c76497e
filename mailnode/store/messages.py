"""Messages into the store, and out of it again.

`append` is the only way in: delivery (by `put`), APPEND and the API's drafts all end here. What a reader needs
is parsed before the write lock is taken (`incoming`), and kept ready to send; nothing here parses on read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict, Unpack

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import InstrumentedAttribute, Session

from mailnode.database import is_sqlite, pending
from mailnode.errors import NoSuchMailbox, NoSuchMessage, OverQuota
from mailnode.octets import Octets, joined
from mailnode.prepared import Prepared
from mailnode.store import appending, bodies, changes, mailboxes, quota
from mailnode.store.appending import Asked
from mailnode.store.blobs import Place
from mailnode.store.changes import What
from mailnode.store.flags import SEEN, Flags
from mailnode.store.incoming import Incoming, incoming
from mailnode.store.models import PARSED, Blob, Entry, Mailbox, Message
from mailnode.store.opening import blobs_of
from mailnode.store.ranges import Range

NO_FLAGS = Flags()
CHUNK = 500  # rows of one reading step


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a message was put. ``message_id`` is the store's, not the field."""

    mailbox_id: int
    uid: int
    uid_validity: int
    modseq: int
    message_id: int


_place = (
    update(Mailbox)
    .values(
        uid_next=Mailbox.uid_next + 1,
        messages=Mailbox.messages + 1,
        unseen=Mailbox.unseen + bindparam("more_unseen"),
        size=Mailbox.size + bindparam("more_size"),
        highest_modseq=bindparam("new_modseq"),
    )
    .returning(Mailbox.id, Mailbox.uid_next, Mailbox.uid_validity)
)
_own = (Mailbox.user_id == bindparam("owner"), Mailbox.selectable)
_place_by_name = Prepared(_place.where(*_own, Mailbox.name == bindparam("mailbox_key")))
_place_by_id = Prepared(_place.where(*_own, Mailbox.id == bindparam("mailbox_key")))
_add_message = Prepared(
    insert(Message).returning(Message.id),
    *(column.name for column in Message.__table__.columns if column.name not in ("id", "gone")),
)
_add_entry = Prepared(insert(Entry), *(column.name for column in Entry.__table__.columns))


def kept(tx: Session, message: Incoming) -> bodies.Body:
    """Store the body alone, without a mailbox: for the queue."""
    return bodies.put(tx, message.raw, message.sha256, message.place)


class Filing(TypedDict, total=False):
    """How `append` keeps a message."""

    flags: Flags
    prefix: bytes
    internal_date: int | None


def append(tx: Session, user_id: int, mailbox: str | int, raw: Octets | Incoming, **filing: Unpack[Filing]) -> Appended:
    """Store a message in a mailbox given by name or id.

    ``prefix`` holds this recipient's own trace fields; it is read back in front of the shared body.
    ``internal_date`` is in seconds since the epoch (now). Raises OverQuota, NoSuchMailbox.
    """
    message = raw if isinstance(raw, Incoming) else incoming(raw)
    asked = _asked(user_id, mailbox, message, **filing)
    done = (_at_once if is_sqlite(tx) else _step_by_step)(tx, mailbox, message, asked)
    changes.announce(tx, user_id)
    return done


def put(tx: Session, user_id: int, mailbox: str | int, message: Incoming, prefix: bytes) -> None:
    """`append` for those who need not know where. On SQLite the messages of one group are appended together at its
    end: a refusal of one is then raised for the group, which is repeated with each by itself."""
    owed, conn = pending(tx), tx.connection()
    if not (owed.gathers and conn.dialect.name == "sqlite"):
        append(tx, user_id, mailbox, message, prefix=prefix)
        return
    row = _row(tx, message, _asked(user_id, mailbox, message, prefix=prefix))
    owed.gathered(appending.run_all, conn).append(row)
    owed.changed.add(user_id)


def _asked(
    user_id: int,
    mailbox: str | int,
    message: Incoming,
    *,
    flags: Flags = NO_FLAGS,
    prefix: bytes = b"",
    internal_date: int | None = None,
) -> Asked:
    name, mailbox_id = (mailbox, None) if isinstance(mailbox, str) else (None, mailbox)
    found, now = message.digest, int(time.time())
    return Asked(
        name,
        mailbox_id,
        0 if flags.bits & SEEN else 1,
        user_id,
        len(prefix) + len(message.raw),
        len(prefix) + found.header_size,
        prefix,
        prefix + found.head,
        flags.bits,
        flags.keywords,
        now if internal_date is None else internal_date,
        now,
    )


def _row(tx: Session, message: Incoming, asked: Asked) -> tuple[Any, ...]:
    """The values of `appending.COLUMNS`; writes the body unless it is there."""
    place = message.place or bodies.placed(tx, message.raw, message.sha256)
    segment, offset, stored = place.segment, place.offset, place.stored
    body = (message.sha256, segment, offset, stored, len(message.raw), message.text(blobs_of(tx)))
    return (*asked, *body, *message.columns)


def _at_once(tx: Session, mailbox: str | int, message: Incoming, asked: Asked) -> Appended:
    user_id, conn = asked.user_id, tx.connection()
    row = _row(tx, message, asked)
    try:
        appending.run(conn, row)
    except (NoSuchMailbox, OverQuota) as refusal:
        _make_possible(tx, user_id, mailbox, refusal)
        try:
            appending.run(conn, row)
        except OverQuota:
            raise quota.refusal(tx, user_id) from None
    return Appended(*appending.place(conn, asked))


def _make_possible(tx: Session, user_id: int, mailbox: str | int, refusal: NoSuchMailbox | OverQuota) -> None:
    """A new user has neither mailboxes nor counters. Raises the refusal where that is not why."""
    if isinstance(refusal, OverQuota):
        if not quota.start(tx, user_id):
            raise quota.refusal(tx, user_id) from None
    elif mailbox == mailboxes.INBOX:
        mailboxes.create_defaults(tx, user_id)
    else:
        raise refusal


def _step_by_step(tx: Session, mailbox: str | int, message: Incoming, asked: Asked) -> Appended:
    user_id, size = asked.user_id, asked.size
    modseq = quota.advance(tx, user_id, messages=1, size=size)
    mailbox_id, uid, validity = _take_uid(tx, user_id, mailbox, asked.flags, size, modseq)
    message_id = _add(tx, message, asked)
    place = {"mailbox_id": mailbox_id, "uid": uid, "modseq": modseq, "message_id": message_id}
    _add_entry.run(tx.connection(), {**asked._asdict(), **place})
    changes.record(tx, user_id, modseq, mailbox_id, uid, What.APPENDED)
    return Appended(mailbox_id, uid, validity, modseq, message_id)


def _take_uid(tx: Session, user_id: int, mailbox: str | int, bits: int, size: int, modseq: int) -> tuple[int, int, int]:
    """Count the message in its mailbox and draw its uid."""
    keys = {
        "owner": user_id,
        "mailbox_key": mailbox,
        "more_unseen": 0 if bits & SEEN else 1,
        "more_size": size,
        "new_modseq": modseq,
    }
    statement = _place_by_name if isinstance(mailbox, str) else _place_by_id
    row = statement.run(tx.connection(), keys).fetchone()
    if row is None and mailbox == mailboxes.INBOX:
        mailboxes.create_defaults(tx, user_id)
        row = statement.run(tx.connection(), keys).fetchone()
    if row is None:
        raise NoSuchMailbox
    return row[0], row[1] - 1, row[2]


def _add(tx: Session, message: Incoming, asked: Asked) -> int:
    body = kept(tx, message)
    text = message.text(blobs_of(tx))
    if text is not None and (body.new or not bodies.has_text(tx, body.id)):
        bodies.put_text(tx, body.id, text)
    parsed = zip(PARSED, message.columns, strict=True)
    row = {**asked._asdict(), **dict(parsed), "blob_id": body.id, "copies": 1}
    message_id: int = _add_message.run(tx.connection(), row).fetchone()[0]
    return message_id


# What a row can be asked for: the entry's own columns, the message's, and the place of the body.
COLUMNS: dict[str, InstrumentedAttribute[Any]] = {
    **{
        name: getattr(Entry, name)
        for name in ("uid", "modseq", "flags", "keywords", "internal_date", "size", "saved_at")
    },
    "message": Entry.message_id,
    **{name: getattr(Message, name) for name in ("header_size", "prefix", "head", *PARSED)},
    **{name: getattr(Blob, name) for name in ("segment", "offset", "stored")},
}
_ENTRY = {"uid", "modseq", "flags", "keywords", "internal_date", "size", "saved_at", "message"}
_BLOB = {"segment", "offset", "stored"}
BODY_COLUMNS = ("prefix", "segment", "offset", "stored")


@lru_cache(maxsize=256)
def _rows(wanted: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The statement that reads these columns of a stretch of a mailbox, joined no further than needed."""
    statement = select(*(COLUMNS[name] for name in wanted)).select_from(Entry)
    if not set(wanted) <= _ENTRY:
        statement = statement.join(Message, Message.id == Entry.message_id)
    if set(wanted) & _BLOB:
        statement = statement.join(Blob, Blob.id == Message.blob_id)
    return statement.where(
        Entry.user_id == bindparam("user_id"),
        Entry.mailbox_id == bindparam("mailbox_id"),
        Entry.uid >= bindparam("low"),
        Entry.uid <= bindparam("high"),
    ).order_by(Entry.uid)


def rows(
    tx: Session, user_id: int, mailbox_id: int, uids: Sequence[Range], wanted: tuple[str, ...]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """The wanted columns (names of `COLUMNS`) of these messages, in order of uid."""
    conn, statement = tx.connection(), _rows(wanted)
    for low, high in uids:
        keys = {"user_id": user_id, "mailbox_id": mailbox_id, "low": low, "high": high}
        yield from conn.execute(statement, keys)


@lru_cache(maxsize=256)
def _tuples(wanted: tuple[str, ...]) -> Prepared:
    return Prepared(_rows(wanted))


def tuples(
    tx: Session, user_id: int, mailbox_id: int, uids: Sequence[Range], wanted: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """What `rows` gives, as plain tuples straight from the driver: for thousands of them."""
    conn, statement = tx.connection(), _tuples(wanted)
    for low, high in uids:
        keys = {"user_id": user_id, "mailbox_id": mailbox_id, "low": low, "high": high}
        yield from statement.run(conn, keys).fetchall()


def one(tx: Session, user_id: int, mailbox_id: int, uid: int, wanted: tuple[str, ...]) -> Row[*tuple[Any, ...]]:
    """The wanted columns of one message. Raises NoSuchMessage."""
    for row in rows(tx, user_id, mailbox_id, [(uid, uid)], wanted):
        return row
    raise NoSuchMessage


def raw_of(tx: Session, prefix: bytes, segment: str, offset: int, stored: int) -> bytes:
    """The whole message, from the values of `BODY_COLUMNS`. Raises StoreDamaged."""
    return prefix + bodies.read_at(tx, Place(segment, offset, stored))


def opened(tx: Session, user_id: int, mailbox_id: int, uid: int) -> Octets:
    """The whole message as its owner sees it; nothing is held of a large one. Raises NoSuchMessage, StoreDamaged."""
    prefix, *place = one(tx, user_id, mailbox_id, uid, BODY_COLUMNS)
    return joined([prefix, bodies.opener(tx)(Place(*place))])


def read(tx: Session, user_id: int, mailbox_id: int, uid: int) -> bytes:
    """The whole message as its owner sees it. Raises NoSuchMessage, StoreDamaged."""
    prefix, segment, offset, stored = one(tx, user_id, mailbox_id, uid, BODY_COLUMNS)
    return raw_of(tx, prefix, segment, offset, stored)
