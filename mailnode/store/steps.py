"""Long changes in steps: a transaction for each, so that nobody waits for the million messages of somebody else.

No RFC asks that EXPUNGE, STORE or DELETE happen at one moment: each message is changed or it is not (RFC 7162 §3.1.3
says so of the check that belongs to it), and each step has a modseq of its own. COPY is another matter
(RFC 9051 §6.4.7: all or nothing) and has a limit instead, `entries.AT_ONCE`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.store import entries, mailboxes, ranges
from mailnode.store.models import Entry
from mailnode.store.ranges import Range

STEP = 5_000  # messages: some tenths of a second


def of(uids: Sequence[int], wanted: Sequence[Range]) -> list[list[Range]]:
    """The wanted ranges in pieces of at most `STEP` of these sorted uids; at least one piece."""
    return ranges.pieces(uids, wanted, STEP) or [[]]


def of_mailbox(tx: Session, user_id: int, mailbox_id: int) -> list[list[Range]]:
    """A whole mailbox in pieces; the last one goes on to the end."""
    row = mailboxes.by_id(tx, user_id, mailbox_id)
    if row.messages <= STEP:
        return [[*ranges.EVERYTHING]]
    found = select(Entry.uid).where(Entry.user_id == user_id, Entry.mailbox_id == mailbox_id).order_by(Entry.uid)
    return of(tx.connection().execute(found).scalars().all(), ranges.EVERYTHING)


def lessen(tx: Session, user_id: int, name: str) -> bool:
    """Before a mailbox is removed: take messages out of a large one. False when the rest goes at once.

    Repeat until then. Raises what `entries.remove_mailbox` would, before anything is done.
    """
    row = mailboxes.by_name(tx, user_id, name)
    if row.messages <= STEP:
        return False
    below = row.name + mailboxes.SEPARATOR
    children = any(other.name.startswith(below) for other in mailboxes.tree(tx, user_id))
    mailboxes.require_removable(row, children=children)
    first = select(Entry.uid).where(Entry.user_id == user_id, Entry.mailbox_id == row.id).order_by(Entry.uid)
    uids = tx.connection().execute(first.limit(STEP)).scalars().all()
    return bool(entries.expunge(tx, user_id, row.id, ranges.of(uids), only_deleted=False))
