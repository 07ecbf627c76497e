"""COPY and MOVE between the mailboxes of two users: the receiver gets rows of its own, the body stays where it is.

A message belongs to one user, whose rows go with that user; so the copy is another message of the store, with another
EMAILID (RFC 8474), and counts against the quota of whoever owns the mailbox that it comes into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, insert, literal, select
from sqlalchemy.orm import Session

from mailnode.prepared import Prepared
from mailnode.store import changes, entries, mailboxes, quota, ranges
from mailnode.store.entries import Transferred
from mailnode.store.flags import Mask
from mailnode.store.models import Message
from mailnode.store.ranges import Range
from mailnode.store.rights import Access

_kept = [column for column in Message.__table__.columns if column.name not in ("id", "user_id", "copies", "gone")]
_again = Prepared(
    insert(Message)
    .from_select(
        ["user_id", "copies", *(column.name for column in _kept)],
        select(bindparam("to", type_=Message.user_id.type), literal(1), *_kept).where(Message.id == bindparam("from")),
    )
    .returning(Message.id)
)


def copy(tx: Session, here: Access, uids: Sequence[Range], there: Access, only: Mask) -> Transferred:
    """`entries.copy`. Its modseq is 0: nothing has happened to the mail that was copied. Raises OverQuota."""
    found = entries.chosen(tx, here.owner_id, here.mailbox_id, uids)
    if not found:
        return Transferred(mailboxes.by_id(tx, there.owner_id, there.mailbox_id).uid_validity, [], [], 0)
    size = sum(row.size for row in found)
    modseq = quota.advance(tx, there.owner_id, messages=len(found), size=size)
    conn = tx.connection()
    new = [
        row._replace(message_id=_again.run(conn, {"to": there.owner_id, "from": row.message_id}).fetchone()[0])
        for row in found
    ]
    return replace(entries.place(tx, there.owner_id, there.mailbox_id, new, modseq, only), modseq=0)


def move(tx: Session, here: Access, uids: Sequence[Range], there: Access, only: Mask) -> Transferred:
    """`entries.move`: in one transaction, so that no message is in both mailboxes or in none."""
    done = copy(tx, here, uids, there, only)
    if not done.old:
        return done
    entries.expunge(tx, here.owner_id, here.mailbox_id, ranges.of(done.old), only_deleted=False)
    return replace(done, modseq=changes.latest(tx, here.owner_id))
