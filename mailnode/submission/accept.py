"""Everything a submission does once it is known whose it is; the doors and the API end here.

`prepare` completes and parses the message and needs no transaction; `hand_in` decides and keeps, inside
the caller's transaction: local recipients have the message when it commits, remote ones wait in the
queue, in the same transaction. `accept` is both.

- A user sends as their own addresses and aliases only: the envelope's sender, and the author in From.
  A message of somebody else's may be sent on with a Resent-From of the user's own (RFC 5322 §3.6.6);
  nobody vouches for its author then, so it is not signed.
- With ``send_at`` in the future everything waits in the queue, local recipients too, so that it can be
  taken back until then.
- The queue keeps the bytes unsigned; DKIM signs what leaves.

RFC 6409 §6 (what may be refused), §8 (what is completed).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.delivery import deliver
from mailnode.delivery.deliver import Mail
from mailnode.directory import lookup
from mailnode.directory.lookup import NoSuchUser, RemoteDomain
from mailnode.errors import MessageTooLarge, NoRecipients, NotDelivered, NotYourAddress, UnknownUser
from mailnode.history.details import NOBODY, Act, Arrival, Step, What
from mailnode.history.record import Story, record
from mailnode.message import headers, trace
from mailnode.message.addresses import addresses
from mailnode.octets import Octets, with_head
from mailnode.outbound import admission
from mailnode.queue import spool
from mailnode.queue.envelope import Deadline, Recipient
from mailnode.queue.outcome import Delivered
from mailnode.senderauth import results
from mailnode.settings import Settings
from mailnode.store.incoming import Incoming, incoming, taken_in

_WORDS = re.compile(rb'"(?:[^"\\]|\\.)*+"|\([^()]*+\)')  # what is no address, whatever stands in it


@dataclass(frozen=True, slots=True)
class Submission:
    """A completed message and its envelope. ``sender`` "" is the null sender, for disposition reports."""

    user_id: int
    sender: str
    recipients: tuple[Recipient, ...]
    message: Incoming = field(repr=False)
    envid: str | None = None
    ret: str | None = None
    smtputf8: bool = False
    reporter: str = ""  # the host's name, for reports
    requiretls: bool = False
    deadline: Deadline | None = None
    id: str = ""  # the door's, for the history
    arrival: Arrival = NOBODY


@dataclass(frozen=True, slots=True)
class Accepted:
    """``queue_id`` is None where everybody has the message already."""

    queue_id: int | None


def prepare(
    settings: Settings,
    *,
    user_id: int,
    sender: str,
    recipients: Sequence[Recipient],
    raw: Octets,
    now: datetime,
    received: bytes = b"",
    envid: str | None = None,
    ret: str | None = None,
    smtputf8: bool = False,
    requiretls: bool = False,
    deadline: Deadline | None = None,
    engine: Engine | None = None,
    id: str = "",
    arrival: Arrival = NOBODY,
) -> Submission:
    """Complete and parse. Raises NoRecipients and MessageTooLarge. ``received`` is the door's trace field, ``id`` and
    ``arrival`` are its part of the history.

    With an ``engine`` a large message is written as well, which takes a while."""
    if not recipients:
        raise NoRecipients
    if len(raw) > settings.message_size_limit:
        raise MessageTooLarge
    if headers.is_endless(raw):
        raise MessageTooLarge(headers.TOO_LARGE)
    domain = sender.rpartition("@")[2] or settings.hostname
    raw = results.without_forged(raw, settings.hostname)  # our word is the border's alone
    complete = trace.complete_submission(raw, now=now, message_id_domain=domain, unique=uuid4().hex)
    if sender and headers.get(complete, b"from") is None:
        complete = with_head(complete, f"From: {sender}\r\n".encode(), 0)  # RFC 6409 §8.2, in the same spirit
    wide = smtputf8 or not all(address.isascii() for address in (sender, *(one.address for one in recipients)))
    complete = with_head(complete, received, 0)
    message = taken_in(engine, complete) if engine is not None else incoming(complete)
    return Submission(
        user_id,
        sender,
        tuple(recipients),
        message,
        envid,
        ret,
        wide,
        settings.hostname,
        requiretls,
        deadline,
        id,
        arrival,
    )


def hand_in(tx: Session, submission: Submission, *, now: datetime, send_at: datetime | None = None) -> Accepted:
    """Deliver and queue. Raises NotYourAddress, UnknownUser (names the recipient), NotDelivered and
    SendingLimited. Of a user whose sending is frozen everything waits in the queue."""
    sign = _vouched(tx, submission)
    submission = replace(submission, recipients=_by_own_names(tx, submission))
    local, remote = _divided(tx, submission.recipients)
    frozen = admission.admit(
        tx, user_id=submission.user_id, elsewhere=[one.address for one in remote], hostname=submission.reporter, now=now
    )
    if frozen or (send_at is not None and send_at > now):
        everybody = submission.recipients
        queue_id = _enqueue(tx, submission, everybody, sign=sign, now=now, send_at=send_at, held_for=frozen)
        act = Act.HELD if frozen else Act.QUEUED
        record(tx, _story(submission), [Step(act, one.address, queue_id=queue_id) for one in everybody])
        return Accepted(queue_id)
    steps: list[Step] = []
    late = _deliver(tx, _mail(submission, sign=sign), local, steps, now=now, alone=not remote)
    if not remote and not late:
        record(tx, _story(submission), steps)
        return Accepted(None)
    queue_id = _enqueue(tx, submission, [*remote, *late], sign=sign, now=now)
    steps += [Step(Act.QUEUED, one.address, queue_id=queue_id) for one in (*remote, *late)]
    record(tx, _story(submission), steps)
    return Accepted(queue_id)


def _story(submission: Submission) -> Story:
    return Story(
        What.SUBMITTED,
        submission.sender,
        submission.id,
        user_id=submission.user_id,
        message_id=submission.message.digest.message_id,
        size=len(submission.message.raw),
        arrival=submission.arrival,
    )


def accept(
    tx: Session,
    settings: Settings,
    *,
    user_id: int,
    sender: str,
    recipients: Sequence[Recipient | str],
    raw: bytes,
    now: datetime,
    send_at: datetime | None = None,
    envid: str | None = None,
    ret: str | None = None,
    smtputf8: bool = False,
) -> Accepted:
    """Both steps at once, for callers that have a transaction open already."""
    listed = [Recipient(one) if isinstance(one, str) else one for one in recipients]
    submission = prepare(
        settings,
        user_id=user_id,
        sender=sender,
        recipients=listed,
        raw=raw,
        now=now,
        envid=envid,
        ret=ret,
        smtputf8=smtputf8,
    )
    return hand_in(tx, submission, now=now, send_at=send_at)


def check_sender(tx: Session, user_id: int, sender: str) -> None:
    """Raises NotYourAddress unless the user may send as ``sender``; the null sender is everybody's."""
    if sender and not lookup.may_send_as(tx, user_id, sender):
        raise NotYourAddress


def _vouched(tx: Session, submission: Submission) -> bool:
    """Whether the author is the user, so that the message may be signed. Raises NotYourAddress."""
    check_sender(tx, submission.user_id, submission.sender)
    raw, user_id = submission.message.raw, submission.user_id
    authors = _mailboxes(raw, b"from")
    if authors and all(lookup.may_send_as(tx, user_id, author) for author in authors):
        if any(map(_has_two_readings, headers.get_all(raw, b"from"))):
            raise NotYourAddress("The From field can be read in more than one way; write each address once")
        return True
    resenders = _mailboxes(raw, b"resent-from")
    if resenders and all(lookup.may_send_as(tx, user_id, resender) for resender in resenders):
        return False
    raise NotYourAddress("You may send as your own addresses only; look at the From field")


def _mailboxes(raw: Octets, name: bytes) -> list[str]:
    """The addresses of every field of this name: two From fields are one author too many."""
    return [one.address for value in headers.get_all(raw, name) for one in addresses(value)]


def _has_two_readings(value: bytes) -> bool:
    """Whether another program may find an author that we do not: ``<somebody@else> <you@here>`` and the like."""
    each = re.split(rb"[,;]", _WORDS.sub(b" ", value))
    return any(one.count(b"<") > 1 or (b"<" not in one and one.count(b"@") > 1) for one in each)


def _by_own_names(tx: Session, submission: Submission) -> tuple[Recipient, ...]:
    """Those at the name of this host, such as the author of a report that is answered, as the directory knows them."""
    known = [lookup.as_known(tx, one.address, submission.reporter) for one in submission.recipients]
    named = zip(submission.recipients, known, strict=True)
    return tuple(one if one.address == own else replace(one, address=own) for one, own in named)


def _divided(tx: Session, recipients: Sequence[Recipient]) -> tuple[list[Recipient], list[Recipient]]:
    """Who lives here, and who elsewhere. Raises UnknownUser."""
    local: list[Recipient] = []
    remote: list[Recipient] = []
    for recipient in recipients:
        match lookup.resolve(tx, recipient.address):
            case RemoteDomain():
                remote.append(recipient)
            case NoSuchUser(address):
                raise UnknownUser(f"There is no user {address} here")
            case _:
                local.append(recipient)
    return local, remote


def _deliver(
    tx: Session, mail: Mail, local: Sequence[Recipient], steps: list[Step], *, now: datetime, alone: bool
) -> list[Recipient]:
    """Deliver to the local recipients; gives those that the queue must try again or report about."""
    if not local:
        return []
    endings = deliver.deliver_all(tx, mail, local, now, steps)
    late = [one for one, ending in zip(local, endings, strict=True) if not isinstance(ending, Delivered)]
    verdict = deliver.best(endings)
    if alone and len(late) == len(local) and not isinstance(verdict, Delivered):
        raise NotDelivered(verdict.status, verdict.text)  # nobody has it: the user is told now
    return late


def _mail(submission: Submission, *, sign: bool) -> Mail:
    return Mail(
        submission.sender,
        submission.message,
        submission.envid,
        submission.ret,
        submission.smtputf8,
        _body(submission.message),
        submission.reporter,
        requiretls=submission.requiretls,
        deadline=submission.deadline,
        sign=sign,
        user_id=submission.user_id,
    )


def _enqueue(
    tx: Session,
    submission: Submission,
    recipients: Sequence[Recipient],
    *,
    sign: bool,
    now: datetime,
    send_at: datetime | None = None,
    held_for: str | None = None,
) -> int:
    return spool.enqueue(
        tx,
        sender=submission.sender,
        recipients=recipients,
        raw=submission.message,
        user_id=submission.user_id,
        send_at=send_at,
        envid=submission.envid,
        ret=submission.ret,
        smtputf8=submission.smtputf8,
        body=_body(submission.message),
        sign=sign,
        requiretls=submission.requiretls,
        deadline=submission.deadline,
        held_for=held_for,
        now=now,
    )


def _body(message: Incoming) -> str:
    return "8BITMIME" if message.eight_bit else "7BIT"
