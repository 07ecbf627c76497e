"""What mailboxes and users count, against their entries; uids and modseqs, against the next ones.

One statement looks at a mailbox and its entries together, so whatever others do meanwhile is in both or in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from mailnode.store import changes
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.models import Entry, Journal, Mailbox, Message, UserCounter

_unseen = func.coalesce(func.sum(1 - (Entry.flags % 2)), 0)
_size = func.coalesce(func.sum(Entry.size), 0)
_own = Mailbox.user_id == bindparam("user_id")
_mailboxes = (
    select(
        Mailbox.id, Mailbox.name, Mailbox.messages, Mailbox.unseen, Mailbox.size,
        Mailbox.highest_modseq, Mailbox.uid_next,
        func.count(Entry.uid).label("entries"), _unseen.label("unseen_entries"), _size.label("size_entries"),
        func.coalesce(func.max(Entry.modseq), 0).label("newest"), func.coalesce(func.max(Entry.uid), 0).label("last"),
    )
    .outerjoin(Entry, and_(Entry.user_id == Mailbox.user_id, Entry.mailbox_id == Mailbox.id))
    .group_by(Mailbox.id)
    .order_by(Mailbox.id)
)  # fmt: skip
_of_user = _mailboxes.where(_own)
_one = _mailboxes.where(_own, Mailbox.id == bindparam("mailbox_id"))


def _sub(what: Any, owner: Any, *more: Any) -> Any:
    return select(func.coalesce(what, 0)).where(owner == UserCounter.user_id, *more).correlate(UserCounter)


_gone = Message.gone.is_not(None)
_user = select(
    UserCounter.modseq, UserCounter.messages, UserCounter.size, UserCounter.kept_messages, UserCounter.kept_size,
    UserCounter.uid_validity,
    _sub(func.count(Entry.uid), Entry.user_id).scalar_subquery().label("entries"),
    _sub(func.sum(Entry.size), Entry.user_id).scalar_subquery().label("size_entries"),
    _sub(func.count(Message.id), Message.user_id, _gone).scalar_subquery().label("kept_there"),
    _sub(func.sum(Message.size), Message.user_id, _gone).scalar_subquery().label("kept_size_there"),
    _sub(func.max(Mailbox.highest_modseq), Mailbox.user_id).scalar_subquery().label("newest_mailbox"),
    _sub(func.max(Mailbox.uid_validity), Mailbox.user_id).scalar_subquery().label("newest_validity"),
    _sub(func.max(Journal.modseq), Journal.user_id).scalar_subquery().label("newest_change"),
).where(UserCounter.user_id == bindparam("user_id"))  # fmt: skip


def lock(tx: Session, user_id: int) -> None:
    """Nobody changes this user's mail until the transaction ends."""
    same = update(UserCounter).where(UserCounter.user_id == user_id).values(modseq=UserCounter.modseq)
    tx.connection().execute(same)


def mailboxes(tx: Session, user_id: int, address: str) -> list[tuple[int, list[Fault]]]:
    """The mailboxes with faults, by id."""
    rows = tx.connection().execute(_of_user, {"user_id": user_id}).all()
    judged = [(row.id, list(_judged_mailbox(row, address))) for row in rows]
    return [(mailbox_id, found) for mailbox_id, found in judged if found]


def _judged_mailbox(row: Any, address: str) -> Iterator[Fault]:
    where = f"{address} {row.name}"
    counted = (row.messages, row.unseen, row.size)
    there = (row.entries, int(row.unseen_entries), int(row.size_entries))
    if counted != there:
        yield Fault(Kind.MAILBOX_COUNTERS, where, _counts(*counted), _counts(*there))
    if row.highest_modseq < row.newest:
        yield Fault(Kind.MODSEQ, where, str(row.highest_modseq), str(row.newest))
    if row.uid_next <= row.last:
        yield Fault(Kind.UID, where, str(row.uid_next), str(row.last + 1))


def _counts(messages: int, unseen: int, size: int) -> str:
    return f"{messages} messages, {unseen} unseen, {size} bytes"


def mend_mailbox(tx: Session, user_id: int, mailbox_id: int) -> None:
    """Count the mailbox afresh; modseqs and uids only grow."""
    lock(tx, user_id)
    row = tx.connection().execute(_one, {"user_id": user_id, "mailbox_id": mailbox_id}).one_or_none()
    if row is None:
        return
    tx.connection().execute(
        update(Mailbox)
        .where(Mailbox.user_id == user_id, Mailbox.id == mailbox_id)
        .values(
            messages=row.entries,
            unseen=int(row.unseen_entries),
            size=int(row.size_entries),
            highest_modseq=max(row.highest_modseq, row.newest),
            uid_next=max(row.uid_next, row.last + 1),
        )
    )
    changes.announce(tx, user_id)


def user(tx: Session, user_id: int, address: str) -> list[Fault]:
    """What is wrong with the user's own counters."""
    row = tx.connection().execute(_user, {"user_id": user_id}).one_or_none()
    return list(_judged_user(row, address)) if row is not None else []


def _judged_user(row: Any, address: str) -> Iterator[Fault]:
    pairs = (
        (Kind.USER_COUNTERS, (row.messages, row.size), (row.entries, int(row.size_entries))),
        (Kind.KEPT_COUNTERS, (row.kept_messages, row.kept_size), (row.kept_there, int(row.kept_size_there))),
    )
    for kind, counted, there in pairs:
        if counted != there:
            found, wanted = (f"{messages} messages, {size} bytes" for messages, size in (counted, there))
            yield Fault(kind, address, found, wanted)
    newest = max(row.newest_mailbox, row.newest_change)
    if row.modseq < newest:
        yield Fault(Kind.MODSEQ, address, str(row.modseq), str(newest))
    if row.uid_validity < row.newest_validity:
        yield Fault(Kind.UID, address, f"UIDVALIDITY {row.uid_validity}", f"UIDVALIDITY {row.newest_validity}")


def mend_user(tx: Session, user_id: int) -> None:
    """Count what the user has afresh."""
    lock(tx, user_id)
    row = tx.connection().execute(_user, {"user_id": user_id}).one()
    tx.connection().execute(
        update(UserCounter)
        .where(UserCounter.user_id == user_id)
        .values(
            messages=row.entries,
            size=int(row.size_entries),
            kept_messages=row.kept_there,
            kept_size=int(row.kept_size_there),
            modseq=max(row.modseq, row.newest_mailbox, row.newest_change),
            uid_validity=max(row.uid_validity, row.newest_validity),
        )
    )
