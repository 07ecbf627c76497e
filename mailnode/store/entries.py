"""Changes to the entries of a mailbox: flags, copy, move, expunge.

Each is one modseq, one set of journal rows and one change of the counters, in the caller's
transaction. Uids are given as sorted ranges and never spelled out where SQL can count for us.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from mailnode.errors import NoSuchMailbox, TooManyMessages
from mailnode.prepared import Prepared
from mailnode.store import changes, mailboxes, notes, quota, ranges, retention
from mailnode.store.changes import What
from mailnode.store.flags import DELETED, DRAFT, EVERY_FLAG, SEEN, Flags, Mask, with_keywords, without_keywords
from mailnode.store.models import Entry, Journal, Mailbox, Message
from mailnode.store.ranges import Range

AT_ONCE = 200_000  # messages of one COPY or MOVE: some seconds of the write lock


class FlagMode(Enum):
    """How STORE changes flags (RFC 9051 §6.4.6)."""

    ADD = "+"
    REMOVE = "-"
    REPLACE = "="


@dataclass(frozen=True, slots=True)
class Flagged:
    """What a flag change did: its modseq (0 when nothing changed), the changed and the refused uids."""

    modseq: int
    changed: list[Range]
    refused: list[Range]


@dataclass(frozen=True, slots=True)
class Transferred:
    """What COPY or MOVE did: the old and new uids, pairwise, as RFC 4315 §3 reports them."""

    uid_validity: int
    old: list[int]
    new: list[int]
    modseq: int


class Found(NamedTuple):
    """An entry that is copied or taken away."""

    uid: int
    flags: int
    keywords: str
    internal_date: int
    size: int
    message_id: int


_range = (
    Entry.user_id == bindparam("k_user"),
    Entry.mailbox_id == bindparam("k_mailbox"),
    Entry.uid >= bindparam("k_low"),
    Entry.uid <= bindparam("k_high"),
)
_state = Prepared(select(Entry.uid, Entry.flags, Entry.keywords, Entry.modseq).where(*_range).order_by(Entry.uid))
_set = (
    update(Entry)
    .where(*_range)
    .values(flags=bindparam("b_flags"), keywords=bindparam("b_keywords"), modseq=bindparam("b_modseq"))
)
_JOURNAL = ["user_id", "modseq", "mailbox_id", "uid", "what", "old", "at"]


def _journal_rows(what: What, old: ColumnElement[str]) -> Any:
    """INSERT … SELECT: one journal row for each entry of a range, with what is about to be lost."""
    return insert(Journal).from_select(
        _JOURNAL,
        select(
            Entry.user_id,
            bindparam("b_modseq", type_=Integer),
            Entry.mailbox_id,
            Entry.uid,
            literal(int(what), Integer),
            old,
            bindparam("b_at", type_=BigInteger),
        ).where(*_range),
    )


_flags_text = cast(Entry.flags, String) + " " + Entry.keywords
_journal_flags = _journal_rows(What.FLAGS, _flags_text)
_journal_expunged = _journal_rows(
    What.EXPUNGED,
    cast(Entry.message_id, String) + " " + cast(Entry.internal_date, String) + " " + _flags_text,
)
_found = select(Entry.uid, Entry.flags, Entry.keywords, Entry.internal_date, Entry.size, Entry.message_id)
_copy = Prepared(_found.where(*_range).order_by(Entry.uid))
_deleted = Prepared(_found.where(*_range, Entry.flags.op("&")(DELETED) != 0).order_by(Entry.uid))
_add_entry = Prepared(insert(Entry), *(column.name for column in Entry.__table__.columns))
_add_journal = Prepared(insert(Journal), *_JOURNAL)
_remove = delete(Entry).where(*_range)
_one_message = update(Message).where(Message.id == bindparam("k_message"))
_more_copies = Prepared(_one_message.values(copies=Message.copies + 1))
_count = (
    update(Mailbox)
    .where(Mailbox.user_id == bindparam("k_user"), Mailbox.id == bindparam("k_mailbox"))
    .values(
        messages=Mailbox.messages + bindparam("b_messages"),
        unseen=Mailbox.unseen + bindparam("b_unseen"),
        size=Mailbox.size + bindparam("b_size"),
        highest_modseq=bindparam("b_modseq"),
    )
)
_take = (
    update(Mailbox)
    .where(Mailbox.user_id == bindparam("k_user"), Mailbox.id == bindparam("k_mailbox"), Mailbox.selectable)
    .values(uid_next=Mailbox.uid_next + bindparam("b_many"))
    .returning(Mailbox.uid_next, Mailbox.uid_validity)
)


def set_flags(
    tx: Session,
    user_id: int,
    mailbox_id: int,
    uids: Sequence[Range],
    mode: FlagMode,
    flags: Flags,
    *,
    unchanged_since: int | None = None,
    only: Mask = EVERY_FLAG,
) -> Flagged:
    """Change the flags of these messages, ``only`` those that may be.

    With ``unchanged_since`` a message that changed after that modseq is left alone and reported as
    refused (RFC 7162 §3.1.3).
    """
    groups: dict[tuple[int, str], list[int]] = {}
    refused: list[int] = []
    unseen = 0
    for uid, bits, keywords, modseq in _rows(tx, _state, user_id, mailbox_id, uids):
        if unchanged_since is not None and modseq > unchanged_since:
            refused.append(uid)
            continue
        wanted = only.over(bits, keywords, _changed(mode, bits, keywords, flags))
        if wanted != (bits, keywords):
            groups.setdefault(wanted, []).append(uid)
            unseen += bool(bits & SEEN) - bool(wanted[0] & SEEN)
    if not groups:
        return Flagged(0, [], ranges.of(refused))
    modseq, now = quota.advance(tx, user_id), int(time.time())
    for (bits, keywords), members in groups.items():
        keys = [
            {**key, "b_modseq": modseq, "b_flags": bits, "b_keywords": keywords, "b_at": now}
            for key in _keys(user_id, mailbox_id, ranges.of(members))
        ]
        tx.connection().execute(_journal_flags, [_without(key, "b_flags", "b_keywords") for key in keys])
        tx.connection().execute(_set, [_without(key, "b_at") for key in keys])
    _recount(tx, user_id, mailbox_id, modseq, unseen=unseen)
    changed = ranges.of(uid for members in groups.values() for uid in members)
    return Flagged(modseq, changed, ranges.of(refused))


def _changed(mode: FlagMode, bits: int, keywords: str, flags: Flags) -> tuple[int, str]:
    match mode:
        case FlagMode.ADD:
            return bits | flags.bits, with_keywords(keywords, flags.keywords) if flags.keywords else keywords
        case FlagMode.REMOVE:
            return bits & ~flags.bits, without_keywords(keywords, flags.keywords) if flags.keywords else keywords
        case FlagMode.REPLACE:
            return flags.bits, flags.keywords


def copy(
    tx: Session, user_id: int, mailbox_id: int, uids: Sequence[Range], target_id: int, only: Mask = EVERY_FLAG
) -> Transferred:
    """Copy messages, with dates and those flags that may be set, to the end of another mailbox of the user.

    Raises OverQuota, and TooManyMessages for more than `AT_ONCE`.
    """
    found = chosen(tx, user_id, mailbox_id, uids)
    if not found:
        return Transferred(mailboxes.by_id(tx, user_id, target_id).uid_validity, [], [], 0)
    size = sum(row.size for row in found)
    modseq = quota.advance(tx, user_id, messages=len(found), size=size)
    done = place(tx, user_id, target_id, found, modseq, only)
    _more_copies.many(tx.connection(), [{"k_message": row.message_id} for row in found])
    return done


def move(
    tx: Session, user_id: int, mailbox_id: int, uids: Sequence[Range], target_id: int, only: Mask = EVERY_FLAG
) -> Transferred:
    """Move messages: every one ends up there or stays here, never both (RFC 9051 §6.4.8). Raises TooManyMessages."""
    found = chosen(tx, user_id, mailbox_id, uids)
    if not found:
        return Transferred(mailboxes.by_id(tx, user_id, target_id).uid_validity, [], [], 0)
    modseq = quota.advance(tx, user_id)
    _take_out(tx, user_id, mailbox_id, found, modseq)
    return place(tx, user_id, target_id, found, modseq, only)


def expunge(
    tx: Session,
    user_id: int,
    mailbox_id: int,
    uids: Sequence[Range] = ranges.EVERYTHING,
    *,
    only_deleted: bool = True,
    superseded: bool = False,
) -> list[int]:
    """Remove messages; ``only_deleted``: those with \\Deleted. Returns their uids, in order.

    They can be restored as long as the domain keeps what is gone; drafts that a newer version has ``superseded``
    cannot: some clients save them every few seconds.
    """
    found = _entries(tx, _deleted if only_deleted else _copy, user_id, mailbox_id, uids)
    if not found:
        return []
    modseq = quota.advance(tx, user_id, messages=-len(found), size=-sum(row.size for row in found))
    _take_out(tx, user_id, mailbox_id, found, modseq)
    kept = not superseded or any(not row.flags & DRAFT for row in found)
    retention.let_go(tx, user_id, [row.message_id for row in found], modseq, keep=kept)
    return [row.uid for row in found]


def remove_mailbox(tx: Session, user_id: int, name: str) -> None:
    """Remove a mailbox with its messages; its name stays while others lie below it (RFC 9051 §6.3.5)."""
    row = mailboxes.by_name(tx, user_id, name)
    children = any(other.name.startswith(row.name + mailboxes.SEPARATOR) for other in mailboxes.tree(tx, user_id))
    mailboxes.require_removable(row, children=children)
    expunge(tx, user_id, row.id, only_deleted=False)
    notes.forget(tx, user_id, row.id)
    modseq = quota.advance(tx, user_id)
    if children:
        mailboxes.make_unselectable(tx, row.id)
    else:
        tx.connection().execute(delete(Mailbox).where(Mailbox.user_id == user_id, Mailbox.id == row.id))
    was = f"{row.name}\t{row.special_use}" if row.special_use else row.name
    changes.record(tx, user_id, modseq, row.id, 0, What.MAILBOX_REMOVED, was)


def rename_inbox(tx: Session, user_id: int, new: str) -> None:
    """RENAME of INBOX: its messages move into a new mailbox, INBOX stays (RFC 9051 §6.3.6)."""
    inbox = mailboxes.by_name(tx, user_id, mailboxes.INBOX)
    target = mailboxes.create(tx, user_id, new)
    move(tx, user_id, inbox.id, ranges.EVERYTHING, target.id)
    notes.copy_all(tx, user_id, inbox.id, target.id)


def chosen(tx: Session, user_id: int, mailbox_id: int, uids: Sequence[Range]) -> list[Found]:
    """What COPY or MOVE is about. Raises TooManyMessages."""
    found = _entries(tx, _copy, user_id, mailbox_id, uids)
    if len(found) > AT_ONCE:
        raise TooManyMessages
    return found


def _entries(tx: Session, statement: Prepared, user_id: int, mailbox_id: int, uids: Sequence[Range]) -> list[Found]:
    return [*map(Found._make, _rows(tx, statement, user_id, mailbox_id, uids))]


def _rows(tx: Session, statement: Prepared, user_id: int, mailbox_id: int, uids: Sequence[Range]) -> Iterator[Any]:
    conn = tx.connection()
    for key in _keys(user_id, mailbox_id, uids):
        yield from statement.run(conn, key).fetchall()


def _keys(user_id: int, mailbox_id: int, uids: Iterable[Range]) -> list[dict[str, Any]]:
    return [{"k_user": user_id, "k_mailbox": mailbox_id, "k_low": low, "k_high": high} for low, high in uids]


def _without(keys: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in keys.items() if name not in names}


def place(
    tx: Session, user_id: int, target_id: int, found: list[Found], modseq: int, only: Mask = EVERY_FLAG
) -> Transferred:
    """Append entries to a mailbox under new uids, with those flags that may be set. Raises NoSuchMailbox."""
    if only != EVERY_FLAG:
        found = [
            row._replace(flags=row.flags & only.bits, keywords=row.keywords if only.keywords else "") for row in found
        ]
    keys = {"k_user": user_id, "k_mailbox": target_id, "b_many": len(found)}
    row = tx.connection().execute(_take, keys).one_or_none()
    if row is None:
        raise NoSuchMailbox
    first, now = row[0] - len(found), int(time.time())
    new = list(range(first, first + len(found)))
    there = {"user_id": user_id, "mailbox_id": target_id, "modseq": modseq}
    # Copies and moves are saved anew: RFC 8514 §3.
    entries = [{**there, **_own(entry), "uid": uid, "saved_at": now} for uid, entry in zip(new, found, strict=True)]
    _add_entry.many(tx.connection(), entries)
    journal = {**there, "what": int(What.APPENDED), "old": "", "at": now}
    _add_journal.many(tx.connection(), [{**journal, "uid": uid} for uid in new])
    _recount(tx, user_id, target_id, modseq, found=found)
    return Transferred(row[1], [entry.uid for entry in found], new, modseq)


def _own(entry: Found) -> dict[str, Any]:
    """What an entry takes along."""
    return {
        "flags": entry.flags,
        "keywords": entry.keywords,
        "internal_date": entry.internal_date,
        "size": entry.size,
        "message_id": entry.message_id,
    }


def _take_out(tx: Session, user_id: int, mailbox_id: int, found: list[Found], modseq: int) -> None:
    """Remove entries from a mailbox, and say so in the journal."""
    keys = _keys(user_id, mailbox_id, ranges.of(row.uid for row in found))
    conn = tx.connection()
    conn.execute(_journal_expunged, [{**key, "b_modseq": modseq, "b_at": int(time.time())} for key in keys])
    conn.execute(_remove, keys)
    _recount(tx, user_id, mailbox_id, modseq, found=found, sign=-1)


def _recount(
    tx: Session,
    user_id: int,
    mailbox_id: int,
    modseq: int,
    *,
    found: Sequence[Found] = (),
    sign: int = 1,
    unseen: int = 0,
) -> None:
    """Bring the mailbox's counters up to date and tell those who wait."""
    keys = {
        "k_user": user_id,
        "k_mailbox": mailbox_id,
        "b_modseq": modseq,
        "b_messages": sign * len(found),
        "b_unseen": unseen + sign * sum(1 for row in found if not row.flags & SEEN),
        "b_size": sign * sum(row.size for row in found),
    }
    tx.connection().execute(_count, keys)
    changes.announce(tx, user_id)


def counted(tx: Session, user_id: int, mailbox_id: int) -> tuple[int, int, int]:
    """Messages, unseen and size counted afresh from the entries; for checks, not for serving."""
    row = (
        tx.connection()
        .execute(
            select(
                func.count(),
                func.coalesce(func.sum(1 - (Entry.flags % 2)), 0),
                func.coalesce(func.sum(Entry.size), 0),
            ).where(Entry.user_id == user_id, Entry.mailbox_id == mailbox_id)
        )
        .one()
    )
    return row[0], row[1], row[2]
