"""Mailboxes: make, rename, remove, subscribe, list.

Names are text with ``/`` between levels; ``INBOX`` is written so in any case (RFC 9051 §5.1).
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.errors import BadMailboxName, FixedMailbox, MailboxExists, NoSuchMailbox, TooManyMailboxes
from mailnode.prepared import Prepared
from mailnode.store import changes, quota, rights
from mailnode.store.changes import What
from mailnode.store.models import Mailbox, Subscription, UserCounter

SEPARATOR = "/"
INBOX = "INBOX"
NAME_LIMIT = 255  # characters
SEEN_NAME_LIMIT = 600  # with what stands in front of it for those who share it
MOST = 5_000  # mailboxes of one user, and as many subscriptions: each change of them looks at all
# RFC 6154; the names are what clients make themselves where there is no such mailbox yet.
DEFAULTS = (
    (INBOX, None),
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
    ("Archive", "\\Archive"),
)


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A mailbox and its counters. ``size`` in bytes, ``uid_next`` and ``highest_modseq`` as in IMAP."""

    id: int
    name: str
    uid_validity: int
    uid_next: int
    highest_modseq: int
    messages: int
    unseen: int
    size: int
    special_use: str | None
    selectable: bool
    first_recent: int


COLUMNS = (
    Mailbox.id,
    Mailbox.name,
    Mailbox.uid_validity,
    Mailbox.uid_next,
    Mailbox.highest_modseq,
    Mailbox.messages,
    Mailbox.unseen,
    Mailbox.size,
    Mailbox.special_use,
    Mailbox.selectable,
    Mailbox.first_recent,
)
_mine = select(*COLUMNS).where(Mailbox.user_id == bindparam("user_id"))
_user = Prepared(select(User.id).where(User.id == bindparam("user_id")))
_all = Prepared(_mine.order_by(Mailbox.name))
_by_name = Prepared(_mine.where(Mailbox.name == bindparam("name")))
_by_id = Prepared(_mine.where(Mailbox.id == bindparam("id")))
_add = insert(Mailbox).returning(Mailbox.id)
# The name unless it is there, and as long as there is room: whoever makes and removes mailboxes leaves them behind.
_subscribed = select(Subscription.name).where(Subscription.user_id == bindparam("k_user"))
_subscriptions = Prepared(_subscribed)
_subscribe = insert(Subscription).from_select(
    ["user_id", "name"],
    select(bindparam("k_user", type_=Integer), bindparam("k_name", type_=Text)).where(
        ~_subscribed.where(Subscription.name == bindparam("k_name")).exists(),
        select(func.count()).select_from(_subscribed.limit(MOST).subquery()).scalar_subquery() < MOST,
    ),
)
_validity = (
    update(UserCounter)
    .where(UserCounter.user_id == bindparam("key"))
    .values(uid_validity=UserCounter.uid_validity + 1)
    .returning(UserCounter.uid_validity)
)


def normal(name: str, limit: int = NAME_LIMIT) -> str:
    """The one spelling of a mailbox name. Raises BadMailboxName."""
    name = unicodedata.normalize("NFC", name)
    levels = name.split(SEPARATOR)
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    controls = any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
    if not all(levels) or len(name) > limit or controls:
        raise BadMailboxName
    return SEPARATOR.join(levels)


def create_defaults(tx: Session, user_id: int) -> None:
    """INBOX and the special-use mailboxes (RFC 6154); harmless when they exist. Raises NoSuchMailbox: there is no such
    user."""
    if _user.run(tx.connection(), {"user_id": user_id}).fetchone() is None:
        raise NoSuchMailbox
    quota.start(tx, user_id)
    existing = {row.name for row in tree(tx, user_id)}
    for name, special_use in DEFAULTS:
        if name not in existing:
            _insert(tx, user_id, name, special_use)


def tree(tx: Session, user_id: int) -> list[MailboxRow]:
    """All mailboxes of a user, by name."""
    return [*map(row_of, _all.run(tx.connection(), {"user_id": user_id}).fetchall())]


def by_name(tx: Session, user_id: int, name: str) -> MailboxRow:
    """Raises NoSuchMailbox."""
    return _one(_by_name.run(tx.connection(), {"user_id": user_id, "name": normal(name)}).fetchone())


def by_id(tx: Session, user_id: int, mailbox_id: int) -> MailboxRow:
    """Raises NoSuchMailbox, also for another user's mailbox."""
    return _one(_by_id.run(tx.connection(), {"user_id": user_id, "id": mailbox_id}).fetchone())


def _one(row: Sequence[Any] | None) -> MailboxRow:
    if row is None:
        raise NoSuchMailbox
    return row_of(row)


def row_of(row: Sequence[Any]) -> MailboxRow:
    """From the driver's values of `COLUMNS`, in which SQLite has numbers for truth."""
    values = [*row]
    values[9] = bool(values[9])
    return MailboxRow(*values)


def by_special_use(tx: Session, user_id: int, special_use: str) -> MailboxRow:
    """The mailbox with this use (``\\Sent`` …), made anew under its default name when there is none."""
    for row in tree(tx, user_id):
        if row.special_use == special_use:
            return row
    name = next(name for name, use in DEFAULTS if use == special_use)
    try:
        found = by_name(tx, user_id, name)
    except NoSuchMailbox:
        return create(tx, user_id, name, special_use)
    tx.connection().execute(update(Mailbox).where(Mailbox.id == found.id).values(special_use=special_use))
    return found


def create(
    tx: Session,
    user_id: int,
    name: str,
    special_use: str | None = None,
    *,
    subscribed: bool = True,
    inherits: bool = True,
) -> MailboxRow:
    """Make a mailbox and the levels above it (RFC 9051 §6.3.4); each begins with the rights of the one above.

    Raises MailboxExists, BadMailboxName, TooManyMailboxes.

    ``subscribed`` is for whoever knows no subscriptions: IMAP's clients make their own. One that does not ``inherits``
    begins as its owner's alone.
    """
    wanted = normal(name)
    existing = {row.name: row for row in tree(tx, user_id)}
    if wanted in existing and existing[wanted].selectable:
        raise MailboxExists
    above = _make_parents(tx, user_id, wanted, {row.name: row.id for row in existing.values()}, subscribed=subscribed)
    above = above if inherits else None
    if wanted in existing:
        _revive(tx, existing[wanted], above)
        return by_id(tx, user_id, existing[wanted].id)
    return by_id(tx, user_id, _insert(tx, user_id, wanted, special_use, above, subscribed=subscribed))


def rename(tx: Session, user_id: int, old: str, new: str) -> None:
    """Rename a mailbox and everything below it (RFC 9051 §6.3.6). Use `entries.rename_inbox` for INBOX."""
    source, target = by_name(tx, user_id, old), normal(new)
    if source.name == INBOX:
        raise FixedMailbox("INBOX is renamed by moving its messages")
    rows = tree(tx, user_id)
    below = [row for row in rows if row.name.startswith(source.name + SEPARATOR)]
    if any(row.name == target for row in rows):
        raise MailboxExists
    if target.startswith(source.name + SEPARATOR):
        raise BadMailboxName("A mailbox cannot be moved below itself")
    if any(len(row.name) - len(source.name) + len(target) > NAME_LIMIT for row in below):
        raise BadMailboxName  # nobody could ask for it by that name any more
    _make_parents(tx, user_id, target, {row.name: row.id for row in rows})
    modseq = quota.advance(tx, user_id)
    for row in [source, *below]:
        name = target + row.name[len(source.name) :]
        tx.connection().execute(update(Mailbox).where(Mailbox.id == row.id).values(name=name))
        changes.record(tx, user_id, modseq, row.id, 0, What.MAILBOX_RENAMED, row.name)


def subscribe(tx: Session, user_id: int, name: str, *, on: bool = True) -> None:
    """Subscribe to a name or leave it; the mailbox need not exist (RFC 9051 §6.3.7)."""
    wanted = normal(name, SEEN_NAME_LIMIT)
    subscribed = subscriptions(tx, user_id)
    already = wanted in subscribed
    if on and not already:
        if len(subscribed) >= MOST:
            raise TooManyMailboxes
        tx.connection().execute(insert(Subscription), {"user_id": user_id, "name": wanted})
    elif not on and already:
        tx.connection().execute(
            delete(Subscription).where(Subscription.user_id == user_id, Subscription.name == wanted)
        )
    else:
        return
    changes.record(tx, user_id, quota.advance(tx, user_id), 0, 0, What.SUBSCRIPTION, f"{'-' if on else '+'}{wanted}")


def subscriptions(tx: Session, user_id: int) -> set[str]:
    """The subscribed names."""
    return {name for (name,) in _subscriptions.run(tx.connection(), {"k_user": user_id}).fetchall()}


def claim_recent(tx: Session, user_id: int, mailbox_id: int, last: int | None = None) -> int:
    """The lowest uid that is ``\\Recent`` to the session that asks; later sessions see later ones (RFC 3501 §2.3.2).

    It claims all messages, or those up to the uid ``last``.
    """
    row = by_id(tx, user_id, mailbox_id)
    below = row.uid_next if last is None else last + 1
    if row.first_recent < below:
        tx.connection().execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(first_recent=below))
    return row.first_recent


def require_removable(row: MailboxRow, *, children: bool) -> None:
    """Raise FixedMailbox for INBOX, and for a bare name that others lie below (RFC 9051 §6.3.5)."""
    if row.name == INBOX:
        raise FixedMailbox("INBOX cannot be removed")
    if children and not row.selectable:
        raise FixedMailbox("Remove the mailboxes below this one first")


def make_unselectable(tx: Session, mailbox_id: int) -> None:
    """What remains of a removed mailbox that has others below it (RFC 9051 §6.3.5)."""
    rights.forget(tx, mailbox_id)
    tx.connection().execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(selectable=False, special_use=None))


def _make_parents(
    tx: Session, user_id: int, name: str, existing: dict[str, int], *, subscribed: bool = True
) -> int | None:
    """Make the levels above ``name`` that are not there. The id of the lowest, None where there is none above.

    Raises TooManyMailboxes, also for ``name`` alone."""
    levels = name.split(SEPARATOR)
    parents = [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))]
    missing = [parent for parent in parents if parent not in existing]
    if len({*existing, *missing, name}) > MOST:
        raise TooManyMailboxes
    above = None
    for parent in parents:
        above = existing.get(parent) or _insert(tx, user_id, parent, None, above, subscribed=subscribed)
    return above


def _revive(tx: Session, row: MailboxRow, above: int | None) -> None:
    """A name that was kept for its children becomes a mailbox again, with a validity of its own. It keeps the rights
    that somebody has given it meanwhile, where there are any.

    Uids go on all the same, so that in the journal one uid of a mailbox is always one message.
    """
    user_id = tx.connection().execute(select(Mailbox.user_id).where(Mailbox.id == row.id)).scalar_one()
    values = {"selectable": True, "uid_validity": _new_validity(tx, user_id)}
    tx.connection().execute(update(Mailbox).where(Mailbox.id == row.id).values(**values))
    if above is not None and not rights.of_mailbox(tx, user_id, row.id):
        rights.inherit(tx, user_id, above, row.id)
    changes.record(tx, user_id, quota.advance(tx, user_id), row.id, 0, What.MAILBOX_CREATED, "bare")


def _insert(
    tx: Session, user_id: int, name: str, special_use: str | None, above: int | None = None, *, subscribed: bool = True
) -> int:
    validity = _new_validity(tx, user_id)
    modseq = quota.advance(tx, user_id)
    row = {
        "user_id": user_id,
        "name": name,
        "uid_validity": validity,
        "highest_modseq": modseq,
        "special_use": special_use,
    }
    mailbox_id: int = tx.connection().execute(_add, row).scalar_one()
    if subscribed:
        tx.connection().execute(_subscribe, {"k_user": user_id, "k_name": name})
    if above is not None:
        rights.inherit(tx, user_id, above, mailbox_id)
    changes.record(tx, user_id, modseq, mailbox_id, 0, What.MAILBOX_CREATED)
    return mailbox_id


def _new_validity(tx: Session, user_id: int) -> int:
    """Greater than any before, so that a name that comes back is known to be another (RFC 9051 §2.3.1.1)."""
    quota.start(tx, user_id)
    current: int = tx.connection().execute(_validity, {"key": user_id}).scalar_one()
    now = int(time.time())
    if current >= now:
        return current
    tx.connection().execute(update(UserCounter).where(UserCounter.user_id == user_id).values(uid_validity=now))
    return now
