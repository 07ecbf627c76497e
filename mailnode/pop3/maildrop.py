"""A user's maildrop for one session: INBOX as it was when the session began.

The lock is a lease in the database, so it holds between processes and machines; one that dies
leaves the maildrop free again after `LEASE` seconds. Nothing is removed before `remove`, which QUIT
alone calls (RFC 1939 §6).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from mailnode.errors import MaildropInUse
from mailnode.octets import Octets
from mailnode.pop3.models import MaildropLock
from mailnode.store import entries, mailboxes, messages, ranges, uidls

LEASE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Item:
    """One message of the maildrop; ``size`` in octets, ``imported`` the unique id that it came with."""

    uid: int
    size: int
    imported: str | None = None


@dataclass(frozen=True, slots=True)
class Maildrop:
    """The messages in their order; a message's number is its place, counted from 1."""

    user_id: int
    mailbox_id: int
    uid_validity: int
    items: tuple[Item, ...]

    def uidl(self, item: Item) -> str:
        """Never changes, and never comes again for another message (RFC 1939 §7, UIDL)."""
        return item.imported or uidls.own(self.uid_validity, item.uid)


def lock(tx: Session, user_id: int, owner: str, now: int) -> None:
    """Take the lock or renew it. Raises MaildropInUse while another session holds it."""
    held = (
        tx.connection()
        .execute(
            select(MaildropLock.owner, MaildropLock.expires_at).where(MaildropLock.user_id == user_id).with_for_update()
        )
        .one_or_none()
    )
    values = {"owner": owner, "expires_at": now + LEASE}
    if held is None:
        tx.connection().execute(insert(MaildropLock), {"user_id": user_id, **values})
    elif held.owner != owner and now < held.expires_at <= now + LEASE:  # later: the clock has gone back
        raise MaildropInUse
    else:
        tx.connection().execute(update(MaildropLock).where(MaildropLock.user_id == user_id).values(**values))


def unlock(tx: Session, user_id: int, owner: str) -> None:
    tx.connection().execute(delete(MaildropLock).where(MaildropLock.user_id == user_id, MaildropLock.owner == owner))


def opened(tx: Session, user_id: int, owner: str, now: int) -> Maildrop:
    """Lock the maildrop and list it. Raises MaildropInUse."""
    lock(tx, user_id, owner, now)
    mailboxes.create_defaults(tx, user_id)
    inbox = mailboxes.by_name(tx, user_id, mailboxes.INBOX)
    found = messages.rows(tx, user_id, inbox.id, ranges.EVERYTHING, ("uid", "size"))
    imported = uidls.of(tx, user_id, inbox.id)
    items = tuple(Item(row.uid, row.size, imported.get(row.uid)) for row in found)
    return Maildrop(user_id, inbox.id, inbox.uid_validity, items)


def message(tx: Session, maildrop: Maildrop, item: Item) -> Octets:
    """The whole message. Raises NoSuchMessage when another client has removed it meanwhile, StoreDamaged."""
    return messages.opened(tx, maildrop.user_id, maildrop.mailbox_id, item.uid)


def remove(tx: Session, maildrop: Maildrop, items: list[Item], owner: str) -> int:
    """Remove messages for ever and let the lock go; returns how many were still there."""
    uids = ranges.of(item.uid for item in items)
    gone = entries.expunge(tx, maildrop.user_id, maildrop.mailbox_id, uids, only_deleted=False)
    unlock(tx, maildrop.user_id, owner)
    return len(gone)
