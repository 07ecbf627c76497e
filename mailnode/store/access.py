"""Mailboxes as one user sees them: the user's own, and below two names those of others (RFC 2342, RFC 4314).

    Other Users/<address>/<name>     a mailbox of that user
    Shared/<name>                    a mailbox of the reader's domain (see `directory.shared_owner`)

- Every door asks here for a mailbox, by name or id, and says which rights it needs. What is not there, and what the
  reader may not know of, is NoSuchMailbox alike.
- The domain's administrators stand in its shared tree as its owner does.
- A user who had a mailbox of one of the two names before it meant this keeps it, and does not see what lies there.
- An address with a ``/`` in it is read up to the end of the level that has the ``@``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from mailnode.directory import shared_owner
from mailnode.directory.addresses import spelling
from mailnode.directory.models import User
from mailnode.errors import NoSuchMailbox
from mailnode.prepared import Prepared
from mailnode.store import mailboxes, rights
from mailnode.store.mailboxes import SEPARATOR, MailboxRow
from mailnode.store.models import Mailbox, MailboxRight
from mailnode.store.rights import Access, Granted, Rights, Who

OTHERS = "Other Users"
SHARED = "Shared"
NAMESPACES = (OTHERS, SHARED)


@dataclass(frozen=True, slots=True)
class Reader:
    """A user of whom only this is known; every log-in and every caller of the API is one too."""

    user_id: int
    address: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A mailbox and the reader's rights. ``row.name`` is how the reader calls it, ``own_name`` how its owner does."""

    row: MailboxRow
    own_name: str
    access: Access

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def owner_id(self) -> int:
        return self.access.owner_id

    @property
    def is_own(self) -> bool:
        """True in the reader's own tree, where both names are one."""
        return self.row.name == self.own_name


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name leads: into whose tree, and to which name there. ``above`` stands in front for the reader.

    ``as_owner``: the reader is the owner, or stands in for it. ``owner_id`` is None for a tree that nobody has begun.
    ``near``: the reader is of the owner's domain.
    """

    owner_id: int | None
    own_name: str
    above: str
    as_owner: bool
    near: bool = True


_user = Prepared(select(User.id).where(User.address == bindparam("address")))
_address = Prepared(select(User.address).where(User.id == bindparam("id")))
_top = Prepared(select(Mailbox.id).where(Mailbox.user_id == bindparam("user"), Mailbox.name == bindparam("name")))
_owner_of = Prepared(
    select(Mailbox.user_id, User.address).join(User, User.id == Mailbox.user_id).where(Mailbox.id == bindparam("id"))
)

_reader = aliased(User)
_domain_of_reader = select(_reader.domain_id).where(_reader.id == bindparam("user")).scalar_subquery()
_shared = Prepared(
    select(Mailbox.user_id, User.address, MailboxRight.identifier, MailboxRight.rights, *mailboxes.COLUMNS)
    .select_from(MailboxRight)
    .join(Mailbox, Mailbox.id == MailboxRight.mailbox_id)
    .join(User, User.id == Mailbox.user_id)
    .where(rights.MEANING, MailboxRight.user_id != bindparam("user"))
    .where(or_(rights.NOT_TO_ANYONE, User.domain_id == _domain_of_reader))
    .order_by(Mailbox.id)
)


def reader(tx: Session, user_id: int) -> Reader:
    """For whoever has only the id."""
    return Reader(user_id, _address.run(tx.connection(), {"id": user_id}).fetchone()[0])


def place(tx: Session, who: Who, name: str) -> Place:
    """Where the name leads. Raises NoSuchMailbox for names of levels above all mailboxes, and of unknown owners."""
    top, _, below = name.partition(SEPARATOR)
    if top not in NAMESPACES or _has(tx, who.user_id, top):
        return Place(who.user_id, name, "", as_owner=True)
    if top == SHARED:
        if not below:
            raise NoSuchMailbox
        domain = _domain(who)
        as_owner = shared_owner.administers(tx, who.user_id, domain)
        return Place(shared_owner.owner_id(tx, domain), below, SHARED + SEPARATOR, as_owner=as_owner)
    address, own_name = _parted(below)
    row = _user.run(tx.connection(), {"address": address}).fetchone()
    if row is None or not own_name or row[0] == who.user_id or shared_owner.is_owner(address):
        raise NoSuchMailbox
    return Place(row[0], own_name, f"{OTHERS}/{address}/", as_owner=False, near=_is_near(who, address))


def find(tx: Session, who: Who, name: str, needed: str = "") -> Seen:
    """The mailbox of this name, whatever the rights, but some. Raises NoSuchMailbox, NoRight."""
    there = place(tx, who, name)
    if there.owner_id is None:
        raise NoSuchMailbox
    row = mailboxes.by_name(tx, there.owner_id, there.own_name)
    held = _held(tx, who, there.owner_id, row.id, as_owner=there.as_owner, near=there.near)
    return _seen(there.owner_id, row, there.above, held, needed)


def by_id(tx: Session, who: Who, mailbox_id: int, needed: str = "") -> Seen:
    """The same by id."""
    try:
        row = mailboxes.by_id(tx, who.user_id, mailbox_id)
    except NoSuchMailbox:
        return _of_another(tx, who, mailbox_id, needed)
    return _seen(who.user_id, row, "", _held(tx, who, who.user_id, row.id, as_owner=True, near=True), needed)


def again(tx: Session, who: Who, before: Access, needed: str = "") -> Access:
    """The rights as they are now. The owner's own list binds nobody else, so its owner is not asked anew."""
    if before.owner_id == who.user_id:
        return before.require(needed)
    return _of_another(tx, who, before.mailbox_id, needed).access


def rights_in(tx: Session, who: Who, mailbox_id: int) -> Rights:
    """The user's rights now; none where there is no such mailbox."""
    try:
        return by_id(tx, who, mailbox_id).access.rights
    except NoSuchMailbox:
        return frozenset()


def tree(tx: Session, who: Who) -> list[Seen]:
    """Every mailbox that the user may know of: the own ones by name, then those of others."""
    rows = mailboxes.tree(tx, who.user_id)
    listed = rights.of_owner(tx, who.user_id)
    own = [
        Seen(row, row.name, Access(who.user_id, row.id, rights.held(listed.get(row.id, ()), who, owner=True)))
        for row in rows
    ]
    hidden = {row.name for row in rows if row.name in NAMESPACES}
    return [*own, *(seen for seen in of_others(tx, who) if seen.row.name.partition(SEPARATOR)[0] not in hidden)]


def of_others(tx: Session, who: Who) -> list[Seen]:
    """The mailboxes of others that the user may know of, by name."""
    return sorted(_of_others(tx, who), key=lambda seen: seen.row.name)


def normal(name: str) -> str:
    """The one spelling of a name that may lead to another's mailbox, however long that makes it.

    Raises BadMailboxName.
    """
    top, _, below = name.partition(SEPARATOR)
    if top not in NAMESPACES or not below:
        return mailboxes.normal(name)
    if top == SHARED:
        return f"{SHARED}/{mailboxes.normal(below)}"
    address, own_name = _parted(below)
    return f"{OTHERS}/{address}/{mailboxes.normal(own_name)}" if own_name else mailboxes.normal(name)


def _parted(below: str) -> tuple[str, str]:
    """The address in its one spelling, and the name behind it; "" where there is none."""
    end = below.find(SEPARATOR, below.find("@") + 1) if "@" in below else -1
    address, own_name = (below, "") if end < 0 else (below[:end], below[end + 1 :])
    return spelling(address), own_name


def _domain(who: Who) -> str:
    return who.address.rpartition("@")[2]


def _has(tx: Session, user_id: int, name: str) -> bool:
    return _top.run(tx.connection(), {"user": user_id, "name": name}).fetchone() is not None


def _is_near(who: Who, owner: str) -> bool:
    return _domain(who) == owner.rpartition("@")[2]


def _held(tx: Session, who: Who, owner_id: int, mailbox_id: int, *, as_owner: bool, near: bool) -> Rights:
    return rights.held(rights.of_mailbox(tx, owner_id, mailbox_id), who, owner=as_owner, near=near)


def _seen(owner_id: int, row: MailboxRow, above: str, held: Rights, needed: str) -> Seen:
    if not held:
        raise NoSuchMailbox
    return Seen(_named(row, above), row.name, Access(owner_id, row.id, held).require(needed))


def _named(row: MailboxRow, above: str) -> MailboxRow:
    """A special use is the owner's, for whom it was chosen."""
    return replace(row, name=above + row.name, special_use=None) if above else row


def _of_another(tx: Session, who: Who, mailbox_id: int, needed: str) -> Seen:
    found = _owner_of.run(tx.connection(), {"id": mailbox_id}).fetchone()
    above, as_owner = _above(tx, who, found[1]) if found is not None else (None, False)
    if found is None or above is None or _has(tx, who.user_id, above.partition(SEPARATOR)[0]):
        raise NoSuchMailbox
    row = mailboxes.by_id(tx, found[0], mailbox_id)
    held = _held(tx, who, found[0], row.id, as_owner=as_owner, near=_is_near(who, found[1]))
    return _seen(found[0], row, above, held, needed)


def _above(tx: Session, who: Who, owner: str) -> tuple[str | None, bool]:
    """What stands in front of the names of this owner's mailboxes, None where no name leads there, and whether the
    user stands in for the owner."""
    local, _, domain = owner.rpartition("@")
    if local != shared_owner.LOCAL_PART:
        return f"{OTHERS}/{owner}/", False
    if domain != _domain(who):
        return None, False
    return SHARED + SEPARATOR, shared_owner.administers(tx, who.user_id, domain)


def _of_others(tx: Session, who: Who) -> Iterator[Seen]:
    domain = _domain(who)
    shared_id = shared_owner.owner_id(tx, domain)
    if shared_id is not None and shared_owner.administers(tx, who.user_id, domain):
        listed = rights.of_owner(tx, shared_id)
        for row in mailboxes.tree(tx, shared_id):
            held = rights.held(listed.get(row.id, ()), who, owner=True)
            yield Seen(_named(row, SHARED + SEPARATOR), row.name, Access(shared_id, row.id, held))
    else:
        shared_id = None
    for owner_id, address, row, granted in _granted(tx, who):
        held = rights.held(granted, who, owner=False, near=_is_near(who, address))
        above, _ = (None, False) if owner_id == shared_id else _above(tx, who, address)
        if "l" in held and above is not None:
            yield Seen(_named(row, above), row.name, Access(owner_id, row.id, held))


def _granted(tx: Session, who: Who) -> Iterator[tuple[int, str, MailboxRow, list[Granted]]]:
    """Others' mailboxes with the entries that mean the user: owner, the owner's address, mailbox, entries."""
    last: tuple[int, str, MailboxRow, list[Granted]] | None = None
    rows = _shared.run(tx.connection(), {"user": who.user_id, **rights.meaning(who)}).fetchall()
    for owner_id, address, name, letters, *columns in rows:
        row = mailboxes.row_of(columns)
        if last is None or last[2].id != row.id:
            if last is not None:
                yield last
            last = (owner_id, address, row, [])
        last[3].append(Granted(name, frozenset(letters)))
    if last is not None:
        yield last
