"""Drafts: saved as often as somebody pauses, seen by every client, never lost to a race.

- A version counts the saves; whoever saves over an older one than the newest is refused.
- The Drafts mailbox holds a copy of each draft as a message. An address that is no address yet is
  left out of the copy, and so are files beyond COPIED in all: the draft itself keeps both.
- A draft made from a message of the Drafts mailbox takes its place there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from mailnode.directory.addresses import normal
from mailnode.directory.models import User
from mailnode.errors import BadAddress, ChangedMeanwhile, NoSuchDraft, ProtocolError
from mailnode.message.addresses import Address
from mailnode.message.compose import Attachment, Composition, compose
from mailnode.queue.models import QueueMessage
from mailnode.store import entries, mailboxes, messages
from mailnode.store.flags import flags
from mailnode.store.models import Entry
from mailnode.submission import uploads
from mailnode.submission.models import Draft, Upload

COPIED = 1024 * 1024  # bytes of files that go into the copy
FORGOTTEN = timedelta(days=1)
DRAFT_FLAGS = flags("\\Draft", "\\Seen")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file by its upload; ``cid`` is how the HTML names it when it is a picture inside."""

    upload: str
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One of the user's messages."""

    mailbox_id: int
    uid: int


@dataclass(frozen=True, slots=True)
class Content:
    """All that is written. Ids of other messages are without angle brackets; ``author`` None: the user."""

    author: Person | None = None
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    subject: str = ""
    html: str | None = None
    text: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    answers: MessageRef | None = None
    forwards: MessageRef | None = None
    attachments: tuple[Attached, ...] = field(default=())


def content_of(draft: Draft) -> Content:
    """What the row's JSON says."""
    raw: dict[str, Any] = json.loads(draft.content)
    return Content(
        author=Person(**raw["author"]) if raw["author"] else None,
        to=_people(raw["to"]),
        cc=_people(raw["cc"]),
        bcc=_people(raw["bcc"]),
        reply_to=_people(raw["reply_to"]),
        subject=raw["subject"],
        html=raw["html"],
        text=raw["text"],
        in_reply_to=raw["in_reply_to"],
        references=tuple(raw["references"]),
        answers=_ref(raw["answers"]),
        forwards=_ref(raw["forwards"]),
        attachments=tuple(Attached(**one) for one in raw["attachments"]),
    )


def _people(raw: list[dict[str, str]]) -> tuple[Person, ...]:
    return tuple(Person(**one) for one in raw)


def _ref(raw: dict[str, int] | None) -> MessageRef | None:
    return MessageRef(**raw) if raw else None


def create(
    tx: Session, user_id: int, content: Content, now: datetime, *, instead_of: MessageRef | None = None
) -> Draft:
    """A new draft; ``instead_of`` is the message in Drafts that it was made from. Raises NoSuchUpload, OverQuota."""
    _forget_old(tx, user_id, now)
    made = Draft(user_id=user_id, version=1, content=_json(content), updated_at=now, mailbox_id=0, uid=0)
    made.marked, made.queue_id = "[]", None
    tx.add(made)
    tx.flush()
    if instead_of is not None:
        made.mailbox_id, made.uid = instead_of.mailbox_id, instead_of.uid
    _keep(tx, made, content, now)
    return made


def get(tx: Session, user_id: int, draft_id: int) -> Draft:
    """A draft that is being written. Raises NoSuchDraft, also for one that was sent."""
    return _mine(tx.get(Draft, draft_id), user_id)


def taken(tx: Session, user_id: int, draft_id: int) -> Draft:
    """The same, to be changed by nobody else until the end: who waited for that finds it as it is then. Raises
    NoSuchDraft."""
    return _mine(tx.get(Draft, draft_id, with_for_update=True, populate_existing=True), user_id)


def _mine(found: Draft | None, user_id: int) -> Draft:
    if found is None or found.user_id != user_id or found.queue_id is not None:
        raise NoSuchDraft
    return found


def of_message(tx: Session, user_id: int, ref: MessageRef) -> Draft | None:
    """The draft whose copy this message is."""
    mine = (Draft.user_id == user_id, Draft.queue_id.is_(None))
    return tx.scalars(select(Draft).where(*mine, Draft.mailbox_id == ref.mailbox_id, Draft.uid == ref.uid)).first()


def save(tx: Session, user_id: int, draft_id: int, content: Content, now: datetime, *, version: int | None) -> Draft:
    """Write over a draft. Raises NoSuchDraft, ChangedMeanwhile, NoSuchUpload, OverQuota."""
    found = taken(tx, user_id, draft_id)
    if version is not None and version != found.version:
        raise ChangedMeanwhile
    found.version += 1
    found.updated_at = now
    found.content = _json(content)
    _keep(tx, found, content, now)
    return found


def remove(tx: Session, user_id: int, draft_id: int) -> None:
    """Throw a draft away, with its copy and its files. Raises NoSuchDraft."""
    found = taken(tx, user_id, draft_id)
    take_copy_away(tx, found, superseded=False)
    tx.delete(found)
    tx.flush()


def take_copy_away(tx: Session, draft: Draft, *, superseded: bool = True) -> None:
    """Remove the draft's message, because another one stands for it now or because nobody wants it any more.

    Harmless when another client has removed it.
    """
    if draft.uid:
        place = [(draft.uid, draft.uid)]
        entries.expunge(tx, draft.user_id, draft.mailbox_id, place, only_deleted=False, superseded=superseded)
        draft.mailbox_id = draft.uid = 0


def put_copy(tx: Session, draft: Draft, content: Content, now: datetime) -> None:
    """Lay the draft into the Drafts mailbox as a message, in place of its former one."""
    raw = compose(_composition(tx, draft, content, now))
    target = mailboxes.by_special_use(tx, draft.user_id, "\\Drafts").id
    take_copy_away(tx, draft)
    done = messages.append(tx, draft.user_id, target, raw, flags=DRAFT_FLAGS, internal_date=int(now.timestamp()))
    draft.mailbox_id, draft.uid = done.mailbox_id, done.uid
    tx.flush()


def own_person(tx: Session, user_id: int, content: Content) -> Person:
    """Who the message is from: what the draft says, else the user."""
    if content.author is not None:
        return content.author
    user = tx.get_one(User, user_id)
    return Person(user.display_name, user.address)


def _keep(tx: Session, draft: Draft, content: Content, now: datetime) -> None:
    for attached in content.attachments:
        uploads.get(tx, draft.user_id, attached.upload)
    uploads.claim(tx, draft.id, [attached.upload for attached in content.attachments])
    put_copy(tx, draft, content, now)


def _composition(tx: Session, draft: Draft, content: Content, now: datetime) -> Composition:
    """The copy for other clients: what can be written of it already."""
    author = own_person(tx, draft.user_id, content)
    own = tx.get_one(User, draft.user_id).address
    return Composition(
        from_=_address(author) or Address("", *own.rsplit("@", 1)),
        date=now,
        message_id=f"draft.{draft.id}.{draft.version}@{own.rpartition('@')[2]}",
        to=_addresses(content.to),
        cc=_addresses(content.cc),
        bcc=_addresses(content.bcc),
        reply_to=_addresses(content.reply_to),
        subject=one_line(content.subject),
        text=content.text or "",
        html=content.html,
        attachments=_copied_files(tx, draft.user_id, content),
        in_reply_to=content.in_reply_to,
        references=content.references,
    )


def _copied_files(tx: Session, user_id: int, content: Content) -> tuple[Attachment, ...]:
    found = [(uploads.get(tx, user_id, one.upload), one.cid) for one in content.attachments]
    if sum(upload.size for upload, _ in found) > COPIED:
        return ()
    return tuple(file_of(tx, upload, cid) for upload, cid in found)


def file_of(tx: Session, upload: Upload, cid: str | None) -> Attachment:
    return Attachment(upload.name, upload.type, uploads.read(tx, upload), cid)


def one_line(text: str) -> str:
    """A subject as it can be written: no line ends, no control characters."""
    return "".join(char if char.isprintable() or char == "\u3000" else " " for char in text)


def address_of(person: Person) -> Address:
    """The person as a header field takes them. Raises BadAddress."""
    local, _, host = person.address.strip().rpartition("@")
    normal(person.address)
    return Address(one_line(person.name).strip(), local, host)


def _address(person: Person) -> Address | None:
    try:
        return address_of(person)
    except (BadAddress, ProtocolError):
        return None


def _addresses(people: tuple[Person, ...]) -> tuple[Address, ...]:
    return tuple(found for person in people if (found := _address(person)) is not None)


def _json(content: Content) -> str:
    return json.dumps(asdict(content), ensure_ascii=False)


def _forget_old(tx: Session, user_id: int, now: datetime) -> None:
    """Rows whose message was sent for good, or was removed by another client a day ago."""
    sent = ~exists().where(QueueMessage.id == Draft.queue_id)
    tx.execute(delete(Draft).where(Draft.user_id == user_id, Draft.queue_id.is_not(None), sent))
    place = (Entry.user_id == Draft.user_id, Entry.mailbox_id == Draft.mailbox_id, Entry.uid == Draft.uid)
    gone = (Draft.queue_id.is_(None), Draft.updated_at < now - FORGOTTEN, ~exists().where(*place))
    tx.execute(delete(Draft).where(Draft.user_id == user_id, *gone))
