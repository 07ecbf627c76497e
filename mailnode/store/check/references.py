"""Entries and messages, in both directions.

A message knows how many entries it has. One without any is kept for `store.restore`; one that is neither counted nor
kept would stay for ever. An entry without a message has nothing to show: nothing of it can be had back, and it is
taken away with a word in the journal.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import and_, bindparam, func, null, or_, select, update
from sqlalchemy.orm import Session

from mailnode.store import changes, entries, ranges
from mailnode.store.check.counters import lock
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.models import Entry, Mailbox, Message

MOST = 1000  # looked at and mended at once
_counted = (
    select(Entry.message_id, func.count().label("entries"))
    .where(Entry.user_id == bindparam("user_id"))
    .group_by(Entry.message_id)
    .subquery()
)
_entries = func.coalesce(_counted.c.entries, 0)
_miscounted = (
    select(Message.id, Message.copies, Message.gone, _entries.label("entries"))
    .outerjoin(_counted, _counted.c.message_id == Message.id)
    .where(
        Message.user_id == bindparam("user_id"),
        Message.id > bindparam("after"),
        or_(
            Message.copies != _entries,
            and_(_entries == 0, Message.gone.is_(None)),
            and_(_entries > 0, Message.gone.is_not(None)),
        ),
    )
    .order_by(Message.id)
    .limit(MOST)
)
_bare = (
    select(Entry.mailbox_id, Mailbox.name, Entry.uid)
    .join(Mailbox, Mailbox.id == Entry.mailbox_id)
    .outerjoin(Message, and_(Message.id == Entry.message_id, Message.user_id == Entry.user_id))
    .where(Entry.user_id == bindparam("user_id"), Message.id.is_(None))
    .limit(MOST)
)


def miscounted(tx: Session, user_id: int, address: str, *, after: int = 0, mend: bool) -> list[tuple[int, Fault]]:
    """Messages behind the id ``after`` whose number of entries is wrong, by id; at most `MOST`."""
    if mend:
        lock(tx, user_id)
    rows = tx.connection().execute(_miscounted, {"user_id": user_id, "after": after}).all()
    modseq = changes.latest(tx, user_id)
    if mend:
        for row in rows:
            _count(tx, row, modseq)
    return [(row.id, _fault(row, address, mended=mend)) for row in rows]


def _count(tx: Session, row: Any, modseq: int) -> None:
    """What has no entry counts as gone with the newest change, and is kept as long as that."""
    gone = null() if row.entries else (row.gone or modseq)
    tx.connection().execute(update(Message).where(Message.id == row.id).values(copies=row.entries, gone=gone))


def _fault(row: Any, address: str, *, mended: bool) -> Fault:
    kept = "" if row.gone is None else ", kept as gone"
    wanted = str(row.entries) if row.entries else f"{row.entries}, kept as gone"
    return Fault(Kind.COPIES, f"{address} message {row.id}", f"{row.copies}{kept}", wanted, mended)


def bare(tx: Session, user_id: int, address: str, *, mend: bool) -> list[Fault]:
    """Entries that have no message; at most `MOST`."""
    if mend:
        lock(tx, user_id)
    rows = tx.connection().execute(_bare, {"user_id": user_id}).all()
    uids: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        uids[row.mailbox_id].append(row.uid)
    if mend:
        for mailbox_id, some in uids.items():
            entries.expunge(tx, user_id, mailbox_id, ranges.of(some), only_deleted=False)
    return [Fault(Kind.ENTRY, f"{address} {row.name} uid {row.uid}", "", "", mend) for row in rows]
