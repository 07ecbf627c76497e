"""From a draft to the queue, and back while the queue still waits.

What is slow (reading files, writing the message, scanning it) happens in `prepare`, without the
write lock; `send` checks that nobody has saved meanwhile. Everything of a sending is one
transaction: the queue has it, Sent has it, Drafts has it no more, and the message that it answers
is marked. `call_back` undoes exactly that, until the queue has begun.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.errors import ChangedMeanwhile, NoRight, NoSuchMailbox, NoSuchSubmission, UnknownRecipient, UnknownUser
from mailnode.history.details import NOBODY, Arrival
from mailnode.message.addresses import Address
from mailnode.message.compose import Composition, compose
from mailnode.queue import edit
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueMessage
from mailnode.settings import Settings
from mailnode.store import access, mailboxes, messages, permitted
from mailnode.store.entries import FlagMode
from mailnode.store.flags import Flags, flags
from mailnode.store.incoming import Incoming, incoming
from mailnode.submission import accept, drafts, uploads
from mailnode.submission.accept import Accepted, Submission
from mailnode.submission.drafts import Content, MessageRef
from mailnode.submission.models import Draft

SENT_FLAGS = flags("\\Seen")
ANSWERED, FORWARDED = flags("\\Answered"), flags("$Forwarded")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft written out: what goes, and the author's copy, which still has its Bcc."""

    version: int
    content: Content
    submission: Submission
    copy: Incoming


@dataclass(frozen=True, slots=True)
class Sent:
    """``queue_id`` None: everything was delivered at once. ``copy`` is the message in Sent."""

    queue_id: int | None
    copy: MessageRef


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sending that can still be called back."""

    queue_id: int
    draft_id: int
    send_at: datetime
    content: Content


def prepare(
    tx: Session,
    settings: Settings,
    user_id: int,
    draft_id: int,
    *,
    unique: str,
    now: datetime,
    arrival: Arrival = NOBODY,
) -> Prepared:
    """Write the message. Raises NoSuchDraft, NoRecipients, BadAddress, MessageTooLarge, StoreDamaged.

    ``unique`` is the left side of its Message-ID, ``arrival`` who sends it, for the history.
    """
    draft = drafts.get(tx, user_id, draft_id)
    content = drafts.content_of(draft)
    author = drafts.address_of(drafts.own_person(tx, user_id, content))
    to, cc, bcc, reply_to = (
        tuple(drafts.address_of(person) for person in people)
        for people in (content.to, content.cc, content.bcc, content.reply_to)
    )
    files = [(uploads.get(tx, user_id, one.upload), one.cid) for one in content.attachments]
    composition = Composition(
        from_=author,
        date=now,
        message_id=f"{unique}@{author.host}",
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=reply_to,
        subject=drafts.one_line(content.subject),
        text=content.text or "",
        html=content.html,
        attachments=tuple(drafts.file_of(tx, upload, cid) for upload, cid in files),
        in_reply_to=content.in_reply_to,
        references=content.references,
    )
    raw = compose(composition)
    submission = accept.prepare(
        settings,
        user_id=user_id,
        sender=author.address,
        recipients=_each_once(to + cc + bcc),
        raw=raw,
        now=now,
        arrival=arrival,
    )
    same = submission.message.raw == raw  # then Sent and the recipients share one body
    return Prepared(draft.version, content, submission, submission.message if same else incoming(raw))


def send(tx: Session, draft_id: int, prepared: Prepared, *, now: datetime, send_at: datetime | None = None) -> Sent:
    """Hand the message over; with ``send_at`` it waits in the queue until then and can be called back.

    Raises NoSuchDraft when it was sent after `prepare`, ChangedMeanwhile when it was saved, and what `accept.hand_in`
    raises.
    """
    user_id = prepared.submission.user_id
    draft = drafts.taken(tx, user_id, draft_id)
    if draft.version != prepared.version:
        raise ChangedMeanwhile
    done = hand_in(tx, prepared.submission, now, send_at)
    drafts.take_copy_away(tx, draft)
    copy = file_sent(tx, user_id, prepared.copy, now)
    marked = _mark(tx, user_id, prepared.content)
    if send_at is None or send_at <= now:
        tx.delete(draft)
    else:
        draft.queue_id, draft.mailbox_id, draft.uid = done.queue_id, copy.mailbox_id, copy.uid
        draft.marked = json.dumps(marked)
    tx.flush()
    return Sent(done.queue_id, copy)


def hand_in(tx: Session, submission: Submission, now: datetime, send_at: datetime | None = None) -> Accepted:
    """`accept.hand_in`; nobody of that name here is UnknownRecipient, for the writer asked for no user."""
    try:
        return accept.hand_in(tx, submission, now=now, send_at=send_at)
    except UnknownUser as error:
        raise UnknownRecipient(error.public) from error


def file_sent(tx: Session, user_id: int, message: Incoming, now: datetime) -> MessageRef:
    """Keep the author's copy in Sent. Raises OverQuota."""
    target = mailboxes.by_special_use(tx, user_id, "\\Sent").id
    done = messages.append(tx, user_id, target, message, flags=SENT_FLAGS, internal_date=int(now.timestamp()))
    return MessageRef(done.mailbox_id, done.uid)


def waiting(tx: Session, user_id: int) -> list[Waiting]:
    """The user's sendings that wait, the next first."""
    found = tx.execute(
        select(Draft, QueueMessage.id, QueueMessage.send_at)
        .join(QueueMessage, QueueMessage.id == Draft.queue_id)
        .where(Draft.user_id == user_id, QueueMessage.send_at.is_not(None))
        .order_by(QueueMessage.send_at, Draft.id)
    )
    return [
        Waiting(queue_id, draft.id, datetime.fromtimestamp(send_at or 0, UTC), drafts.content_of(draft))
        for draft, queue_id, send_at in found
    ]


def call_back(tx: Session, user_id: int, queue_id: int, now: datetime) -> Draft:
    """Undo a sending that waits: the draft is as it was. Raises NoSuchSubmission, AlreadySent."""
    edit.cancel(tx, queue_id, user_id)
    draft = tx.scalars(select(Draft).where(Draft.queue_id == queue_id, Draft.user_id == user_id)).one_or_none()
    if draft is None:
        raise NoSuchSubmission
    drafts.take_copy_away(tx, draft)
    for mailbox_id, uid, name in json.loads(draft.marked):
        _set(tx, user_id, MessageRef(mailbox_id, uid), flags(name), FlagMode.REMOVE)
    draft.queue_id, draft.marked = None, "[]"
    draft.version += 1
    draft.updated_at = now
    drafts.put_copy(tx, draft, drafts.content_of(draft), now)
    return draft


def _each_once(people: tuple[Address, ...]) -> list[Recipient]:
    return [Recipient(address) for address in {one.address.lower(): one.address for one in people}.values()]


def _mark(tx: Session, user_id: int, content: Content) -> list[tuple[int, int, str]]:
    """Mark what the message answers or forwards; tells which flags were not there before."""
    marked: list[tuple[int, int, str]] = []
    for ref, mark in ((content.answers, ANSWERED), (content.forwards, FORWARDED)):
        if ref is not None and _set(tx, user_id, ref, mark):
            marked.append((ref.mailbox_id, ref.uid, next(iter(mark))))
    return marked


def _set(tx: Session, user_id: int, ref: MessageRef, mark: Flags, mode: FlagMode = FlagMode.ADD) -> bool:
    """In another's mailbox only as far as the author may; that is no reason not to send."""
    try:
        there = access.by_id(tx, access.reader(tx, user_id), ref.mailbox_id, "r").access
        return bool(permitted.set_flags(tx, there, [(ref.uid, ref.uid)], mode, mark).changed)
    except (NoRight, NoSuchMailbox):
        return False
