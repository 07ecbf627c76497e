"""Changes to mailboxes and messages, as far as the rights of whoever asks permit them (RFC 4314 §4).

Every door changes what a user has selected or named through these; nothing else looks at a right. Each raises NoRight
where one is missing, and what the functions of `store.entries`, `store.messages` and `store.mailboxes` raise that do
the work. Quota counts for the owner of the mailbox, whoever fills it.

- Flags that the user may not set are left as they are, and only when nothing is left of a change is it refused.
- \\Seen is one flag for all who see the mailbox, and needs ``s``.
- MOVE needs what the EXPUNGE in it needs, ``t`` and ``e`` (RFC 6851 §4.1 and §3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from mailnode.directory import shared_owner
from mailnode.errors import FixedMailbox, NoRight, NoSuchMailbox
from mailnode.store import access, entries, handover, mailboxes, messages, ranges, rights, steps
from mailnode.store.access import Place, Seen
from mailnode.store.entries import Flagged, FlagMode, Transferred
from mailnode.store.flags import DELETED, EVERY_BIT, SEEN, Flags, Mask
from mailnode.store.incoming import Incoming
from mailnode.store.mailboxes import INBOX, SEPARATOR
from mailnode.store.messages import Appended
from mailnode.store.ranges import Range
from mailnode.store.rights import Access, Granted, Rights, Who


class Filing(TypedDict, total=False):
    """How a message is filed; see `messages.append`."""

    flags: Flags
    internal_date: int | None


def mask(held: Rights) -> Mask:
    """The flags that these rights let a user change."""
    others = EVERY_BIT & ~SEEN & ~DELETED
    bits = (SEEN if "s" in held else 0) | (DELETED if "t" in held else 0) | (others if "w" in held else 0)
    return Mask(bits, "w" in held)


def set_flags(
    tx: Session,
    there: Access,
    uids: Sequence[Range],
    mode: FlagMode,
    flags: Flags,
    *,
    unchanged_since: int | None = None,
) -> Flagged:
    """`entries.set_flags` with the flags that may be touched. Raises NoRight where that is none of those given."""
    allowed = mask(there.rights)
    named = allowed.of(flags)
    wanted = bool(flags.bits or flags.keywords)
    if not (allowed.bits or allowed.keywords) or (wanted and not (named.bits or named.keywords)):
        there.require("stw")
    return entries.set_flags(
        tx, there.owner_id, there.mailbox_id, uids, mode, flags, unchanged_since=unchanged_since, only=allowed
    )


def append(tx: Session, there: Access, raw: bytes | Incoming, **filing: Unpack[Filing]) -> Appended:
    """`messages.append` into a mailbox that was found."""
    there.require("i")
    filing["flags"] = mask(there.rights).of(filing.get("flags", messages.NO_FLAGS))
    return messages.append(tx, there.owner_id, there.mailbox_id, raw, **filing)


def copy(tx: Session, here: Access, uids: Sequence[Range], there: Access) -> Transferred:
    """`entries.copy`, to another owner's mailbox too."""
    here.require("r")
    there.require("i")
    if here.owner_id != there.owner_id:
        return handover.copy(tx, here, uids, there, mask(there.rights))
    return entries.copy(tx, here.owner_id, here.mailbox_id, uids, there.mailbox_id, only=mask(there.rights))


def move(tx: Session, here: Access, uids: Sequence[Range], there: Access) -> Transferred:
    """`entries.move`, to another owner's mailbox too."""
    here.require("rte")
    there.require("i")
    if here.owner_id != there.owner_id:
        return handover.move(tx, here, uids, there, mask(there.rights))
    return entries.move(tx, here.owner_id, here.mailbox_id, uids, there.mailbox_id, only=mask(there.rights))


def expunge(
    tx: Session,
    here: Access,
    uids: Sequence[Range] = ranges.EVERYTHING,
    *,
    only_deleted: bool = True,
    superseded: bool = False,
) -> list[int]:
    """`entries.expunge`; to remove what is not flagged \\Deleted takes the right to flag it so."""
    here.require("e" if only_deleted else "te")
    return entries.expunge(tx, here.owner_id, here.mailbox_id, uids, only_deleted=only_deleted, superseded=superseded)


def create(tx: Session, who: Who, name: str, special_use: str | None = None, *, subscribed: bool = True) -> Seen:
    """`mailboxes.create` in the tree that the name leads to: with ``k`` on the nearest mailbox above, or as owner.

    The first mailbox of a domain's tree begins the tree.
    """
    there = _place(tx, who, name)
    if not there.above:
        _require_create(tx, who, there)
        made = mailboxes.create(tx, who.user_id, there.own_name, special_use, subscribed=subscribed)
        return access.by_id(tx, who, made.id)
    if special_use is not None:  # which is for whoever owns the mailbox to say
        raise NoRight
    if there.owner_id is None and there.as_owner:
        shared_owner.make_owner(tx, who.address.rpartition("@")[2])
        there = access.place(tx, who, name)
    _require_create(tx, who, there)
    assert there.owner_id is not None
    made = mailboxes.create(tx, there.owner_id, there.own_name, subscribed=False)
    if subscribed:
        mailboxes.subscribe(tx, who.user_id, there.above + made.name)
    return access.by_id(tx, who, made.id)


def rename(tx: Session, who: Who, old: str, new: str) -> None:
    """`mailboxes.rename` within one owner's tree: ``x`` on the mailbox, ``k`` on the one that it comes to lie below.

    The owner's INBOX gives its messages away and stays; that of another is not renamed.
    """
    there = _place(tx, who, new)
    source = access.find(tx, who, old, "x")
    if there.owner_id != source.owner_id:
        raise FixedMailbox("A mailbox stays with its owner; copy its messages instead")
    _require_create(tx, who, there)
    if source.own_name == INBOX and not there.above:
        entries.rename_inbox(tx, source.owner_id, there.own_name)
    else:
        mailboxes.rename(tx, source.owner_id, source.own_name, there.own_name)


def lessen(tx: Session, who: Who, name: str) -> bool:
    """`steps.lessen` with ``x``."""
    found = access.find(tx, who, name, "x")
    return steps.lessen(tx, found.owner_id, found.own_name)


def remove(tx: Session, who: Who, name: str) -> None:
    """`entries.remove_mailbox` with ``x``."""
    found = access.find(tx, who, name, "x")
    entries.remove_mailbox(tx, found.owner_id, found.own_name)


def subscribe(tx: Session, who: Who, name: str) -> None:
    """Only to what is there and may be known, so that a typing mistake does not stay for ever in a client's list."""
    found = access.find(tx, who, name, "l")
    mailboxes.subscribe(tx, who.user_id, found.row.name)


def listed(tx: Session, there: Access) -> list[Granted]:
    """Who has which rights on the mailbox, the owner first, for whoever has ``a``."""
    there.require("a")
    found = rights.of_mailbox(tx, there.owner_id, there.mailbox_id)
    owner = access.reader(tx, there.owner_id).address
    if shared_owner.is_owner(owner):
        return found
    name = rights.own_name(owner)
    own = next((one.rights | rights.KEPT for one in found if one.identifier == name), rights.ALL)
    return [Granted(owner, own), *(one for one in found if one.identifier != name)]


def share(tx: Session, there: Access, word: str, new: Rights, *, mode: str = "=") -> None:
    """Set (``=``), add (``+``) or take away (``-``) rights of the identifier that ``word`` means, with ``a``.

    Raises UnknownUser, NoSuchDomain, TooManyIdentifiers.
    """
    there.require("a")
    whom = rights.identifier(tx, word)
    if mode != "=":
        before = _held_by(tx, there, whom)
        new = before | new if mode == "+" else before - new
    rights.put(tx, there, whom, new)


def unshare(tx: Session, there: Access, word: str) -> None:
    """Remove the identifier's entry, with ``a``. Raises UnknownUser, NoSuchDomain."""
    there.require("a")
    rights.remove(tx, there, rights.identifier(tx, word))


def _held_by(tx: Session, there: Access, whom: rights.Identifier) -> Rights:
    """What the identifier's entry says; an owner without one has everything."""
    for one in rights.of_mailbox(tx, there.owner_id, there.mailbox_id):
        if one.identifier == whom.name:
            return one.rights
    return rights.ALL if whom.user_id == there.owner_id and not whom.name.startswith("-") else frozenset()


def _place(tx: Session, who: Who, name: str) -> Place:
    """Where something is to be made. Raises NoRight, whether or not anything is there: nobody is to find out."""
    try:
        return access.place(tx, who, name)
    except NoSuchMailbox:
        raise NoRight from None


def _require_create(tx: Session, who: Who, there: Place) -> None:
    """RFC 4314 §4, CREATE: ``k`` on the nearest mailbox above, though the user may not know of it. At the top it takes
    the owner, who has no list there."""
    levels = mailboxes.normal(there.own_name).split(SEPARATOR)
    for depth in range(len(levels) - 1, 0, -1):
        name = SEPARATOR.join(levels[:depth])
        try:
            above = access.find(tx, who, there.above + name)
        except NoSuchMailbox:
            if _is_there(tx, there, name):
                raise NoRight from None
            continue
        if "k" not in above.access.rights:
            raise NoRight
        return
    if not there.as_owner:
        raise NoRight


def _is_there(tx: Session, there: Place, name: str) -> bool:
    """A bare level belongs to nobody, so it hides nothing."""
    try:
        return there.owner_id is not None and mailboxes.by_name(tx, there.owner_id, name).selectable
    except NoSuchMailbox:
        return False
