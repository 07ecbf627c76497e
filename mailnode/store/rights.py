"""Who may do what with a mailbox: the rights of RFC 4314, kept for each mailbox and identifier.

An identifier is a user's address, ``@`` and a domain (everybody with an address there), or ``anyone``: everybody of the
owner's own domain, since other domains may be other customers', who are reached by their names only. With ``-`` in
front its rights are taken away instead (RFC 4314 §2).

- A user has the union of what the identifiers that mean the user grant, less the union of what their negatives name.
- An owner has every right where no entry of the owner's own says less, and ``l`` and ``a`` always: nobody can lock
  themselves out.
- Entries name users and domains by their rows. When these are removed the entries go along, so that whoever gets the
  address later inherits nothing.

What is shared with a user is asked for across owners, by the identifiers that mean the user; all else begins with the
owner's id. Who stands behind the words is decided in `store.access`, what each right permits in `store.permitted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from mailnode.directory import edit
from mailnode.errors import NoRight, NoSuchMailbox, TooManyIdentifiers
from mailnode.prepared import Prepared
from mailnode.store import changes, quota
from mailnode.store.changes import What
from mailnode.store.models import MailboxRight

Rights = frozenset[str]
LETTERS = "lrswipkxtea"  # RFC 4314 §2.1
ALL: Rights = frozenset(LETTERS)
KEPT: Rights = frozenset("la")  # an owner's
ANYONE = "anyone"
TO_ANYONE = (ANYONE, f"-{ANYONE}")
MOST = 1_000  # identifiers of one mailbox


class Who(Protocol):
    """Whoever asks: a user who is let in."""

    @property
    def user_id(self) -> int: ...

    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Identifier:
    """``name`` is the one spelling, with the ``-`` of a negative."""

    name: str
    user_id: int | None = None
    domain_id: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """One entry of a mailbox's list."""

    identifier: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do with one mailbox."""

    owner_id: int
    mailbox_id: int
    rights: Rights

    def require(self, needed: str) -> Access:
        """Itself. Raises NoRight where one of the rights is missing, or NoSuchMailbox where the user may not even
        know that the mailbox is there (RFC 4314 §6)."""
        if not self.rights.issuperset(needed):
            raise NoRight if "l" in self.rights else NoSuchMailbox
        return self


_entry = (MailboxRight.user_id == bindparam("owner"), MailboxRight.mailbox_id == bindparam("mailbox"))
_one = Prepared(select(MailboxRight.identifier, MailboxRight.rights).where(*_entry).order_by(MailboxRight.identifier))
_all = Prepared(
    select(MailboxRight.mailbox_id, MailboxRight.identifier, MailboxRight.rights).where(
        MailboxRight.user_id == bindparam("owner")
    )
)
_add = Prepared(insert(MailboxRight), *(column.name for column in MailboxRight.__table__.columns))


def names_of(who: Who) -> list[str]:
    """The identifiers that mean this user, and their negatives."""
    domain = "@" + who.address.rpartition("@")[2]
    return [own_name(who.address), domain, ANYONE, "-" + who.address, "-" + domain, "-" + ANYONE]


def own_name(address: str) -> str:
    """The identifier of this user alone. An address that begins with ``-`` has none, for it is written as somebody
    else's negative; its user is reached by the domain's and ``anyone``."""
    return "" if address.startswith("-") else address


MEANING = MailboxRight.identifier.in_([bindparam(f"name{at}") for at in range(6)])
"""The rows whose identifiers mean a user, with `meaning` as values."""

NOT_TO_ANYONE = and_(*(MailboxRight.identifier != name for name in TO_ANYONE))


def meaning(who: Who) -> dict[str, str]:
    return {f"name{at}": name for at, name in enumerate(names_of(who))}


def held(granted: Iterable[Granted], who: Who, *, owner: bool, near: bool = True) -> Rights:
    """What the entries of one mailbox give to this user; ``owner`` for whoever is treated as such. Not ``near`` is who
    has another domain than the owner, and so is not meant by ``anyone``."""
    by_name = {one.identifier: one.rights for one in granted if near or one.identifier not in TO_ANYONE}
    names = names_of(who)
    most, least = names[:3], names[3:]
    if owner:
        found = by_name.get(names[0], ALL)
    else:
        found = frozenset[str]().union(*(by_name.get(name, frozenset()) for name in most))
    found = found.difference(*(by_name.get(name, frozenset()) for name in least))
    return found | KEPT if owner else found


def of_mailbox(tx: Session, owner_id: int, mailbox_id: int) -> list[Granted]:
    """The entries of a mailbox, by identifier."""
    rows = _one.run(tx.connection(), {"owner": owner_id, "mailbox": mailbox_id}).fetchall()
    return [Granted(name, frozenset(letters)) for name, letters in rows]


def of_owner(tx: Session, owner_id: int) -> dict[int, list[Granted]]:
    """All entries of a user's mailboxes, by mailbox; those without entries are not in it."""
    found: dict[int, list[Granted]] = {}
    for mailbox_id, name, letters in _all.run(tx.connection(), {"owner": owner_id}).fetchall():
        found.setdefault(mailbox_id, []).append(Granted(name, frozenset(letters)))
    return found


def identifier(tx: Session, text: str) -> Identifier:
    """What a client's word means. Raises UnknownUser, NoSuchDomain."""
    sign = "-" if text.startswith("-") else ""
    word = text[len(sign) :]
    if word.lower() == ANYONE:
        return Identifier(sign + ANYONE)
    if word.startswith("@"):
        domain = edit.domain(tx, word[1:])
        return Identifier(f"{sign}@{domain.name}", domain_id=domain.id)
    user = edit.user(tx, word)
    return Identifier(sign + user.address, user_id=user.id)


def put(tx: Session, access: Access, whom: Identifier, rights: Rights) -> None:
    """Make these the identifier's rights (RFC 4314 §3.1). Raises TooManyIdentifiers.

    No rights are no entry, but for the owner, whose entry says that only the kept ones are left.
    """
    if not rights and whom.user_id != access.owner_id:
        remove(tx, access, whom)
        return
    before = {one.identifier: one.rights for one in of_mailbox(tx, access.owner_id, access.mailbox_id)}
    if before.get(whom.name) == rights:
        return
    letters = printed(rights)
    if whom.name in before:
        tx.connection().execute(update(MailboxRight).where(*_key(access, whom)).values(rights=letters))
    elif len(before) >= MOST:
        raise TooManyIdentifiers
    else:
        row = {
            "user_id": access.owner_id,
            "mailbox_id": access.mailbox_id,
            "identifier": whom.name,
            "rights": letters,
            "grantee_id": whom.user_id,
            "domain_id": whom.domain_id,
        }
        _add.run(tx.connection(), row)
    _tell(tx, access, whom, before.get(whom.name))


def remove(tx: Session, access: Access, whom: Identifier) -> None:
    """Take the entry away; harmless when there is none (RFC 4314 §3.2)."""
    gone = delete(MailboxRight).where(*_key(access, whom)).returning(MailboxRight.rights)
    before = tx.connection().execute(gone).scalar()
    if before is not None:
        _tell(tx, access, whom, frozenset(before))


def inherit(tx: Session, owner_id: int, parent_id: int, mailbox_id: int) -> None:
    """A new mailbox begins with the list of the one above it (RFC 4314 §4, CREATE)."""
    columns = [column for column in MailboxRight.__table__.columns if column.name != "mailbox_id"]
    above = select(bindparam("child", mailbox_id, MailboxRight.mailbox_id.type), *columns).where(
        MailboxRight.user_id == owner_id, MailboxRight.mailbox_id == parent_id
    )
    names = ["mailbox_id", *(column.name for column in columns)]
    tx.connection().execute(insert(MailboxRight).from_select(names, above))


def forget(tx: Session, mailbox_id: int) -> None:
    """A mailbox that is deleted loses its list (RFC 4314 §4, DELETE), also where its name stays."""
    tx.connection().execute(delete(MailboxRight).where(MailboxRight.mailbox_id == mailbox_id))


def printed(rights: Rights) -> str:
    """The letters in the order of RFC 4314."""
    return "".join(letter for letter in LETTERS if letter in rights)


def _key(access: Access, whom: Identifier) -> tuple[ColumnElement[bool], ...]:
    return (
        MailboxRight.user_id == access.owner_id,
        MailboxRight.mailbox_id == access.mailbox_id,
        MailboxRight.identifier == whom.name,
    )


def _tell(tx: Session, access: Access, whom: Identifier, before: Rights | None) -> None:
    """The owner's journal says it, and so everybody who has the mailbox open hears; a user who is named hears too.
    Others whom the identifier means learn it when they next ask for the tree."""
    old = f"{whom.name} {printed(before or frozenset())}"
    modseq = quota.advance(tx, access.owner_id)
    changes.record(tx, access.owner_id, modseq, access.mailbox_id, 0, What.RIGHTS, old)
    if whom.user_id not in (None, access.owner_id):
        assert whom.user_id is not None
        modseq = quota.advance(tx, whom.user_id)
        changes.record(tx, whom.user_id, modseq, access.mailbox_id, 0, What.RIGHTS)
