"""The queue before people's eyes: list, show, count; undo a sending; what a freeze holds.

Used by the command line and the API alike. Orders are given in `control`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from mailnode.errors import AlreadySent, NoSuchQueueEntry, NoSuchSubmission
from mailnode.history.details import Act
from mailnode.queue import told as history
from mailnode.queue.control import Chosen
from mailnode.queue.models import HELD, WAITING, QueueMessage, QueueRecipient

EVERYTHING = Chosen()


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient that waits. ``state``: waiting, sending or held."""

    address: str
    destination: str
    state: str
    attempts: int
    next_attempt_at: datetime
    expires_at: datetime
    last_attempt_at: datetime | None
    last_status: str
    last_text: str
    held_for: str | None = None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A message that waits, with the recipients that are left. ``size`` in bytes."""

    id: int
    sender: str
    user_id: int | None
    blob_id: int
    size: int
    created_at: datetime
    send_at: datetime | None
    held: bool
    recipients: tuple[RecipientRow, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Recipients by state."""

    waiting: int
    sending: int
    held: int


def rows(
    tx: Session,
    *,
    chosen: Chosen = EVERYTHING,
    domain: str | None = None,
    held: bool = False,
    after: int = 0,
    limit: int = 100,
) -> list[QueueRow]:
    """Messages in the order of their ids, those behind ``after`` only (keyset paging).

    ``chosen`` takes those with such a recipient, ``held`` those with one that is held, ``domain`` those
    whose sender is in that domain. A message comes with all of its recipients.
    """
    wanted: list[ColumnElement[bool]] = [QueueMessage.id > after]
    recipients = chosen.conditions() + ([QueueRecipient.state == HELD] if held else [])
    if recipients:
        wanted.append(QueueMessage.id.in_(select(QueueRecipient.message_id).where(*recipients)))
    if domain is not None:
        wanted.append(QueueMessage.sender.endswith("@" + domain, autoescape=True))
    return _with_recipients(tx, wanted, limit)


def show(tx: Session, queue_id: int) -> QueueRow:
    """One message. Raises NoSuchQueueEntry."""
    found = _with_recipients(tx, [QueueMessage.id == queue_id], 1)
    if not found:
        raise NoSuchQueueEntry
    return found[0]


def hold_for(tx: Session, key: str) -> None:
    """Hold what waits, for a freeze: ``user:17``, ``destination:example.com`` or ``recipient:a@example.com``."""
    kind, _, name = key.partition(":")
    chosen: ColumnElement[bool]
    match kind:
        case "user":
            of_user = select(QueueMessage.id).where(QueueMessage.user_id == int(name))
            chosen = QueueRecipient.message_id.in_(of_user)
        case "destination":
            chosen = QueueRecipient.destination == name
        case _:
            chosen = func.lower(QueueRecipient.address) == name
    waits = QueueRecipient.state == WAITING  # what is in hand, too: its process lets it go (see `stopping`)
    history.ordered(tx, Act.HELD, [chosen, waits])
    tx.connection().execute(update(QueueRecipient).where(chosen, waits).values(state=HELD, held_for=key))


def release_for(tx: Session, key: str) -> int:
    """Let go on what the freeze holds; gives how many recipients."""
    conn, held = tx.connection(), update(QueueRecipient).where(QueueRecipient.held_for == key)
    by_hand = QueueRecipient.message_id.in_(select(QueueMessage.id).where(QueueMessage.held))
    history.ordered(tx, Act.RELEASED, [QueueRecipient.held_for == key, ~by_hand])
    conn.execute(held.where(by_hand).values(held_for=None))
    return int(conn.execute(held.values(state=WAITING, held_for=None)).rowcount)


def cancel(tx: Session, queue_id: int, user_id: int) -> None:
    """Undo a sending whose time has not come. Raises NoSuchSubmission, AlreadySent.

    Either the message is gone and nobody gets it, or AlreadySent is raised and everybody does.
    """
    message = tx.get(QueueMessage, queue_id)
    if message is None or message.user_id != user_id or message.send_at is None:
        raise NoSuchSubmission
    # The locks keep a claim away until this transaction ends.
    states = tx.execute(
        select(QueueRecipient.lease_owner, QueueRecipient.attempts)
        .where(QueueRecipient.message_id == queue_id)
        .with_for_update()
    ).all()
    if not states or any(owner is not None or attempts for owner, attempts in states):
        raise AlreadySent
    history.ordered(tx, Act.CALLED_BACK, [QueueRecipient.message_id == queue_id])
    _delete(tx, queue_id)


def counts(tx: Session) -> Counts:
    """How many recipients are in each state, for the metrics."""
    leased = QueueRecipient.lease_owner.is_not(None)
    found = tx.execute(select(QueueRecipient.state, leased, func.count()).group_by(QueueRecipient.state, leased))
    waiting = sending = held = 0
    for state, sent_now, number in found:
        if state == HELD:
            held += number
        elif sent_now:
            sending += number
        else:
            waiting += number
    return Counts(waiting, sending, held)


def _delete(tx: Session, queue_id: int) -> None:
    tx.connection().execute(delete(QueueRecipient).where(QueueRecipient.message_id == queue_id))
    tx.connection().execute(delete(QueueMessage).where(QueueMessage.id == queue_id))
    tx.expire_all()


def _with_recipients(tx: Session, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[QueueRow]:
    """Messages and recipients as they are at one moment, in one statement: between two, all may have been sent. Those
    whose last recipient is done are done."""
    waits = exists().where(QueueRecipient.message_id == QueueMessage.id)
    page = select(QueueMessage.id).where(*wanted, waits).order_by(QueueMessage.id).limit(limit)
    pairs = (
        select(QueueMessage, QueueRecipient)
        .join(QueueRecipient, QueueRecipient.message_id == QueueMessage.id)
        .where(QueueMessage.id.in_(page))
        .order_by(QueueMessage.id, QueueRecipient.id)
    )
    found: dict[QueueMessage, list[RecipientRow]] = {}
    for message, one in tx.execute(pairs):
        found.setdefault(message, []).append(_recipient_row(one))
    return [_queue_row(message, tuple(recipients)) for message, recipients in found.items()]


def _queue_row(message: QueueMessage, recipients: tuple[RecipientRow, ...]) -> QueueRow:
    return QueueRow(
        id=message.id,
        sender=message.sender,
        user_id=message.user_id,
        blob_id=message.blob_id,
        size=message.size,
        created_at=_time(message.created_at),
        send_at=_time(message.send_at) if message.send_at else None,
        held=message.held,
        recipients=recipients,
    )


def _recipient_row(one: QueueRecipient) -> RecipientRow:
    return RecipientRow(
        address=one.address,
        destination=one.destination,
        state="sending" if one.lease_owner and one.state == WAITING else one.state,
        attempts=one.attempts,
        next_attempt_at=_time(one.next_attempt_at),
        expires_at=_time(one.expires_at),
        last_attempt_at=_time(one.last_attempt_at) if one.last_attempt_at else None,
        last_status=one.last_status or "",
        last_text=one.last_text or "",
        held_for=one.held_for,
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
