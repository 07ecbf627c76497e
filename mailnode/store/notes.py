"""Notes that clients keep with mailboxes and with the server (RFC 5464).

An entry is written as clients write it, ``/private/comment`` or ``/shared/comment``, in lower case. A private one
belongs to its reader, a shared one to the mailbox; the server's shared ones are set by administrators only. Every
change is in the journal of whoever owns the mailbox, so that waiting sessions hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain, User
from mailnode.errors import AnnotationTooLarge, NoRight, TooManyAnnotations
from mailnode.store import changes, mailboxes, quota
from mailnode.store.changes import What
from mailnode.store.models import Annotation, ServerAnnotation

SERVER = 0  # in place of a mailbox's id
LARGEST = 32_768  # octets of one value
MOST = 100  # entries of a mailbox, private and shared apart
MOST_OF_USER = 5_000
LARGEST_OF_USER = 16 << 20  # octets of all values
ADMINISTRATOR = "/shared/admin"  # RFC 5464 §6.2.1: of the server, and read only
SPECIAL_USE = "/private/specialuse"  # RFC 6154 §4: tells what the mailbox is for
_FIXED = frozenset({ADMINISTRATOR, SPECIAL_USE})


@dataclass(frozen=True, slots=True)
class Holder:
    """What has annotations, as one user sees it: a mailbox and its owner, or the server (then both are the reader)."""

    owner_id: int
    mailbox_id: int
    reader_id: int

    @property
    def is_server(self) -> bool:
        return self.mailbox_id == SERVER


@dataclass(frozen=True, slots=True)
class Note:
    entry: str
    value: bytes


def server_for(user_id: int) -> Holder:
    return Holder(user_id, SERVER, user_id)


def read(tx: Session, holder: Holder) -> list[Note]:
    """Every annotation that the reader can see, by name."""
    theirs = and_(Annotation.reader_id == holder.reader_id, Annotation.entry.startswith("/private/"))
    rows = tx.connection().execute(
        select(Annotation.entry, Annotation.value).where(
            *_of(holder.owner_id, holder.mailbox_id), or_(theirs, Annotation.entry.startswith("/shared/"))
        )
    )
    found = [Note(row[0], bytes(row[1])) for row in rows]
    found += _of_server(tx, holder.reader_id) if holder.is_server else _of_mailbox(tx, holder)
    return sorted(found, key=lambda note: note.entry)


def change(
    tx: Session, holder: Holder, wanted: Sequence[tuple[str, bytes | None]], *, administrator: bool = False
) -> None:
    """Set entries, or remove those whose value is None: all of them or none (RFC 5464 §4.3).

    Raises NoRight, AnnotationTooLarge, TooManyAnnotations.
    """
    for entry, value in wanted:
        if entry in _FIXED:
            raise NoRight
        if value is not None and len(value) > LARGEST:
            raise AnnotationTooLarge
        is_shared = entry.startswith("/shared/")
        if not (holder.is_server and is_shared):
            _set(tx, holder, holder.owner_id if is_shared else holder.reader_id, entry, value)
        elif administrator:
            _set_for_everybody(tx, entry, value)
        else:
            raise NoRight
    _require_room(tx, holder)
    _journal(tx, holder.reader_id, holder.mailbox_id, [entry for entry, _ in wanted if entry.startswith("/private/")])
    if not holder.is_server:
        shared = [entry for entry, _ in wanted if entry.startswith("/shared/")]
        _journal(tx, holder.owner_id, holder.mailbox_id, shared)


def copy_all(tx: Session, user_id: int, mailbox_id: int, target_id: int) -> None:
    """INBOX is renamed: its annotations are on both afterwards (RFC 5464 §4)."""
    columns = (Annotation.reader_id, Annotation.entry, Annotation.value)
    rows = tx.connection().execute(select(*columns).where(*_of(user_id, mailbox_id))).all()
    for reader_id, entry, value in rows:
        values = {"user_id": user_id, "mailbox_id": target_id, "reader_id": reader_id, "entry": entry, "value": value}
        tx.connection().execute(insert(Annotation), values)


def forget(tx: Session, user_id: int, mailbox_id: int) -> None:
    """The mailbox is removed."""
    tx.connection().execute(delete(Annotation).where(*_of(user_id, mailbox_id)))


def _journal(tx: Session, user_id: int, mailbox_id: int, entries: Sequence[str]) -> None:
    modseq = quota.advance(tx, user_id) if entries else 0
    for entry in entries:
        changes.record(tx, user_id, modseq, mailbox_id, 0, What.ANNOTATION, entry)


def _of(user_id: int, mailbox_id: int) -> tuple[ColumnElement[bool], ...]:
    return Annotation.user_id == user_id, Annotation.mailbox_id == mailbox_id


def _set(tx: Session, holder: Holder, reader_id: int, entry: str, value: bytes | None) -> None:
    key = {
        "user_id": holder.owner_id,
        "mailbox_id": holder.mailbox_id,
        "reader_id": reader_id,
        "entry": entry,
    }
    tx.connection().execute(delete(Annotation).filter_by(**key))
    if value is not None:
        tx.connection().execute(insert(Annotation), {**key, "value": value})


def _require_room(tx: Session, holder: Holder) -> None:
    """A private note counts for its reader, so that nobody fills the room of whoever shares a mailbox."""
    theirs = (
        select(func.count(), func.coalesce(func.sum(func.length(Annotation.value)), 0))
        .where(Annotation.reader_id.in_((holder.owner_id, holder.reader_id)))
        .group_by(Annotation.reader_id)
    )
    if any(count > MOST_OF_USER or size > LARGEST_OF_USER for count, size in tx.connection().execute(theirs)):
        raise TooManyAnnotations
    scope = func.substr(Annotation.entry, 1, len("/private"))
    here = select(func.count()).where(*_of(holder.owner_id, holder.mailbox_id)).group_by(Annotation.reader_id, scope)
    if any(many > MOST for many in tx.connection().execute(here).scalars()):
        raise TooManyAnnotations


def _of_mailbox(tx: Session, holder: Holder) -> list[Note]:
    if holder.owner_id != holder.reader_id:
        return []  # what it is used for is its owner's business
    use = mailboxes.by_id(tx, holder.owner_id, holder.mailbox_id).special_use
    return [Note(SPECIAL_USE, use.encode())] if use else []


def _of_server(tx: Session, reader_id: int) -> list[Note]:
    rows = tx.connection().execute(select(ServerAnnotation.entry, ServerAnnotation.value))
    domain = tx.connection().execute(select(Domain.name).join(User).where(User.id == reader_id)).scalar_one()
    return [
        *(Note(row[0], bytes(row[1])) for row in rows),
        Note(ADMINISTRATOR, f"mailto:postmaster@{domain}".encode()),
    ]


def _set_for_everybody(tx: Session, entry: str, value: bytes | None) -> None:
    """Rare, and every user's sessions hear of it."""
    tx.connection().execute(delete(ServerAnnotation).where(ServerAnnotation.entry == entry))
    if value is not None:
        tx.connection().execute(insert(ServerAnnotation), {"entry": entry, "value": value})
        if tx.connection().execute(select(func.count()).select_from(ServerAnnotation)).scalar_one() > MOST:
            raise TooManyAnnotations
    for user_id in tx.connection().execute(select(User.id)).scalars().all():
        changes.record(tx, user_id, quota.advance(tx, user_id), SERVER, 0, What.ANNOTATION, entry)
