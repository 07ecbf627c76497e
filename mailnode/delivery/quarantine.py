"""Messages that are kept back where only an administrator sees them: put in, list, show, release, forget.

The sender was told that the message is accepted; nobody else is told anything. What is released goes through the
queue to the recipients that it came for, with all that its sender has asked for. What nobody has released is
forgotten in the end: when its days are over, and the oldest first when all together is larger than it may be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import storable
from mailnode.delivery.deliver import Mail
from mailnode.delivery.models import Quarantined
from mailnode.errors import NotInQuarantine
from mailnode.history.details import Act, Step, What
from mailnode.history.record import Story, record
from mailnode.octets import Octets
from mailnode.proto.dsn_params import parse_notify, parse_orcpt
from mailnode.queue import spool
from mailnode.queue.envelope import Deadline, Recipient
from mailnode.store import bodies, messages

BATCH = 1000
MOST_TEXT = 1000  # characters of a subject, an author or a reason
LOOK_EVERY, LARGE = 16, 1 << 20  # the sum is looked at with each 16th message, and with each of a megabyte

_log = log.get("quarantine")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message is kept back. ``client`` is the IP address that it came from."""

    client: str
    rule: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in quarantine. ``size`` in bytes; it is forgotten at ``until``."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    author: str
    subject: str
    client: str
    rule: str
    reason: str
    score: float
    size: int
    created_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """How much is kept back, in messages and bytes, and since when the oldest is."""

    messages: int
    size: int
    oldest: datetime | None


def put(
    tx: Session,
    mail: Mail,
    recipients: Sequence[Recipient],
    reason: Reason,
    now: datetime,
    days: int,
    most: int = 0,
) -> int:
    """Keep a message back for ``days`` and give its id; the oldest make room where ``most`` bytes are not enough."""
    row = _row(tx, mail, recipients, reason, int(now.timestamp()), days)
    tx.add(row)
    tx.flush()
    if row.id % LOOK_EVERY == 0 or row.size >= LARGE:
        make_room(tx, most, spare=row.id)
    return row.id


def _row(
    tx: Session, mail: Mail, recipients: Sequence[Recipient], reason: Reason, moment: int, days: int
) -> Quarantined:
    digest, deadline = mail.message.digest, mail.deadline
    return Quarantined(
        blob_id=messages.kept(tx, mail.message).id,
        size=len(mail.message.raw),
        sender=mail.sender,
        recipients=json.dumps([_written(one) for one in recipients]),
        author=storable(digest.sender)[:MOST_TEXT],
        subject=storable(digest.subject)[:MOST_TEXT],
        client=reason.client,
        rule=storable(reason.rule)[:MOST_TEXT],
        reason=storable(reason.text)[:MOST_TEXT],
        score=reason.score,
        envid=mail.envid,
        ret=mail.ret,
        smtputf8=mail.smtputf8,
        eightbit=mail.body == "8BITMIME",
        requiretls=mail.requiretls,
        deliver_by=deadline.at if deadline else None,
        deliver_by_mode=deadline.written if deadline else None,
        created_at=moment,
        until=moment + days * 86400,
    )


def _written(one: Recipient) -> list[str | None]:
    return [one.address, str(one.notify) if one.notify else None, str(one.orcpt) if one.orcpt else None]


def rows(tx: Session, *, text: str = "", before: int | None = None, limit: int = 100) -> list[Kept]:
    """The newest first, those with an id below ``before`` only (keyset paging); ``text`` stands in an address or the
    subject."""
    statement = select(Quarantined).order_by(Quarantined.id.desc()).limit(limit)
    if text:
        named = (Quarantined.sender, Quarantined.recipients, Quarantined.author, Quarantined.subject)
        statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in named)))
    if before is not None:
        statement = statement.where(Quarantined.id < before)
    return [_kept(one) for one in tx.scalars(statement)]


def count(tx: Session) -> int:
    return tx.scalar(select(func.count(Quarantined.id))) or 0


def usage(tx: Session) -> Usage:
    """Two looks into indexes, however much there is to say about each message."""
    number, size = tx.execute(select(func.count(), func.coalesce(func.sum(Quarantined.size), 0))).one()
    oldest = tx.scalar(select(Quarantined.created_at).order_by(Quarantined.id).limit(1))
    return Usage(number, int(size), None if oldest is None else datetime.fromtimestamp(oldest, UTC))


def show(tx: Session, quarantined_id: int) -> Kept:
    """Raises NotInQuarantine."""
    return _kept(_one(tx, quarantined_id))


def content(tx: Session, quarantined_id: int) -> Octets:
    """The message itself. Raises NotInQuarantine, StoreDamaged."""
    return bodies.opened(tx, _one(tx, quarantined_id).blob_id)


def release(tx: Session, quarantined_id: int, now: datetime) -> int:
    """Send it on its way to its recipients, through the queue; gives the queue's id. Raises NotInQuarantine."""
    one = _taken(tx, quarantined_id)
    recipients = [
        Recipient(address, parse_notify(notify) if notify else None, parse_orcpt(orcpt) if orcpt else None)
        for address, notify, orcpt in json.loads(one.recipients)
    ]
    queue_id = spool.enqueue(
        tx,
        sender=one.sender,
        recipients=recipients,
        blob_id=one.blob_id,
        size=one.size,
        envid=one.envid,
        ret=one.ret,
        smtputf8=one.smtputf8,
        body="8BITMIME" if one.eightbit else "7BIT",
        requiretls=one.requiretls,
        deadline=Deadline.read(one.deliver_by, one.deliver_by_mode),
        now=now,
    )
    _tell(tx, one, Act.RELEASED, queue_id)
    tx.delete(one)
    tx.flush()
    return queue_id


def forget(tx: Session, quarantined_id: int) -> None:
    """Nobody gets it, and nobody is told. Raises NotInQuarantine."""
    one = _taken(tx, quarantined_id)
    _tell(tx, one, Act.REMOVED)
    tx.delete(one)
    tx.flush()


def _tell(tx: Session, one: Quarantined, act: Act, queue_id: int = 0) -> None:
    """The history hears of what a person does."""
    steps = [
        Step(act, address, queue_id=queue_id, quarantine_id=one.id) for address, _, _ in json.loads(one.recipients)
    ]
    record(tx, Story(What.HANDLED, one.sender), steps)


def sweep(tx: Session, now: int) -> int:
    """Forget some of those whose time is over; how many. Their bodies are the store's sweeper's to remove."""
    over = select(Quarantined.id).where(Quarantined.until <= now).limit(BATCH)
    ids = list(tx.connection().execute(over).scalars())
    if ids:
        tx.connection().execute(delete(Quarantined).where(Quarantined.id.in_(ids)))
    return len(ids)


def make_room(tx: Session, most: int, *, spare: int | None = None) -> int:
    """Forget some of the oldest, but not ``spare``, while all are larger than ``most`` bytes (0: never); how many."""
    excess = usage(tx).size - most if most else 0
    oldest = select(Quarantined.id, Quarantined.size).order_by(Quarantined.id).limit(BATCH)
    if spare is not None:
        oldest = oldest.where(Quarantined.id < spare)
    ids: list[int] = []
    for one in tx.execute(oldest) if excess > 0 else ():
        if excess <= 0:
            break
        ids.append(one.id)
        excess -= one.size
    if ids:
        tx.connection().execute(delete(Quarantined).where(Quarantined.id.in_(ids)))
        tx.expire_all()
        _log.warning("the quarantine is full", forgotten=len(ids), most=most)
    return len(ids)


def _taken(tx: Session, quarantined_id: int) -> Quarantined:
    """By nobody else at the same time: the other one finds it gone, and it goes to its recipients once."""
    return _one(tx, quarantined_id, locked=True)


def _one(tx: Session, quarantined_id: int, *, locked: bool = False) -> Quarantined:
    found = tx.get(Quarantined, quarantined_id, with_for_update=locked or None)
    if found is None:
        raise NotInQuarantine
    return found


def _kept(one: Quarantined) -> Kept:
    return Kept(
        one.id,
        one.sender,
        tuple(address for address, _, _ in json.loads(one.recipients)),
        one.author,
        one.subject,
        one.client,
        one.rule,
        one.reason,
        one.score,
        one.size,
        datetime.fromtimestamp(one.created_at, UTC),
        datetime.fromtimestamp(one.until, UTC),
    )
