"""What has changed for a user, told by mailbox: the journal as the API shows it.

Both ``GET /changes`` and the event stream read this. A modseq is told whole or not at all, so that
whoever remembers the last one told misses nothing and hears nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from backend.identifiers import message_id
from mailnode.store import changes, mailboxes, messages, ranges
from mailnode.store.changes import Change, What
from mailnode.store.flags import Flags

LIMIT = 2000  # journal rows of one telling


@dataclass(slots=True)
class MailboxChange:
    """``added`` and ``removed`` are uids, ``changed`` the present flags of uids; counters are as of now."""

    mailbox_id: int
    added: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    changed: dict[int, list[str]] = field(default_factory=dict)
    total: int = 0
    unread: int = 0
    modseq: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """What happened until ``modseq``. ``reset``: too much or too long ago, load everything again.

    ``tree``: mailboxes were made, renamed or removed, or a subscription changed.
    """

    modseq: int
    more: bool
    reset: bool
    tree: bool
    mailboxes: list[MailboxChange]


def since(tx: Session, user_id: int, modseq: int, limit: int = LIMIT) -> Feed:
    """What happened to the user's mail after ``modseq``."""
    latest = changes.latest(tx, user_id)
    if modseq > latest or modseq < changes.pruned(tx, user_id):
        return Feed(latest, more=False, reset=True, tree=False, mailboxes=[])
    rows = changes.since(tx, user_id, modseq, limit=limit + 1)
    more = len(rows) > limit
    if more:
        cut = rows[-1].modseq
        rows = [row for row in rows if row.modseq != cut]
        if not rows:  # one change alone is longer than a telling
            return Feed(latest, more=False, reset=True, tree=False, mailboxes=[])
    told = rows[-1].modseq if rows else latest
    tree = any(row.what >= What.MAILBOX_CREATED for row in rows)
    return Feed(told, more=more, reset=False, tree=tree, mailboxes=_by_mailbox(tx, user_id, rows))


def _by_mailbox(tx: Session, user_id: int, rows: list[Change]) -> list[MailboxChange]:
    found: dict[int, MailboxChange] = {}
    for row in rows:
        if row.what < What.MAILBOX_CREATED:
            one = found.setdefault(row.mailbox_id, MailboxChange(row.mailbox_id))
            _note(one, row)
    present = {row.id: row for row in mailboxes.tree(tx, user_id)} if found else {}
    for one in found.values():
        mailbox = present.get(one.mailbox_id)
        if mailbox is not None:
            one.total, one.unread, one.modseq = mailbox.messages, mailbox.unseen, mailbox.highest_modseq
        _fill_flags(tx, user_id, one)
    return [one for one in found.values() if one.mailbox_id in present]


def _note(one: MailboxChange, row: Change) -> None:
    match row.what:
        case What.APPENDED:
            one.added.append(row.uid)
        case What.FLAGS:
            one.changed[row.uid] = []
        case _:
            one.changed.pop(row.uid, None)
            one.removed.append(row.uid)


def _fill_flags(tx: Session, user_id: int, one: MailboxChange) -> None:
    """Flags as they are now. What came and went again is not told at all."""
    both = set(one.added) & set(one.removed)
    one.added = [uid for uid in one.added if uid not in both]
    one.removed = [uid for uid in one.removed if uid not in both]
    wanted = ranges.of(one.changed.keys() - set(one.added))
    rows = messages.rows(tx, user_id, one.mailbox_id, wanted, ("uid", "flags", "keywords"))
    one.changed = {row.uid: list(Flags(row.flags, row.keywords)) for row in rows}


def document(change: MailboxChange) -> dict[str, object]:
    """The change as JSON."""
    mailbox = change.mailbox_id
    return {
        "mailbox_id": mailbox,
        "added": [message_id(mailbox, uid) for uid in change.added],
        "removed": [message_id(mailbox, uid) for uid in change.removed],
        "changed": [{"id": message_id(mailbox, uid), "flags": names} for uid, names in change.changed.items()],
        "total": change.total,
        "unread": change.unread,
        "modseq": change.modseq,
    }
