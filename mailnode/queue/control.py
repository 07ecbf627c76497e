"""Orders about what waits: hold, release, retry, give up, forget.

An order is for one message, one recipient, one destination or one user, or for what these have in common.
What is being sent at this moment is left to end by itself: an order counts from its next attempt on.
To hold what is not there yet as well is a freeze (see `mailnode.outbound.freezes`), which has its own end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from mailnode.directory.addresses import readable
from mailnode.errors import NoSuchQueueEntry
from mailnode.history.details import Act
from mailnode.queue import spool
from mailnode.queue import told as history
from mailnode.queue.envelope import Ended
from mailnode.queue.models import HELD, WAITING, QueueMessage, QueueRecipient
from mailnode.queue.outcome import Failed
from mailnode.queue.report import Reporter, is_wanted, report_ended

GIVEN_UP = 500  # recipients of one step
# RFC 3463 §3.5, X.4.7: no more attempts, and permanent now.
_GIVEN_UP = "5.4.7"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which recipients are meant: those to whom all applies that is given; without anything, all."""

    queue_id: int | None = None
    recipient: str | None = None
    destination: str | None = None
    user_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.queue_id is not None:
            found.append(QueueRecipient.message_id == self.queue_id)
        if self.recipient is not None:
            found.append(func.lower(QueueRecipient.address).in_(map(func.lower, _spellings(self.recipient))))
        if self.destination is not None:
            found.append(QueueRecipient.destination == spool.destination_of(f"@{self.destination}"))
        if self.user_id is not None:
            of_user = select(QueueMessage.id).where(QueueMessage.user_id == self.user_id)
            found.append(QueueRecipient.message_id.in_(of_user))
        return found

    @property
    def whole_message(self) -> bool:
        return self.queue_id is not None and self.recipient is None and self.destination is None


def _spellings(address: str) -> set[str]:
    """How the queue may have it: people may have written a domain in Chinese, programs its A-labels (RFC 5890)."""
    local, at, given = address.rpartition("@")
    domain = spool.destination_of(address)
    return {address, f"{local}@{domain}", f"{local}@{readable(domain)}"} if at and given else {address}


def hold(tx: Session, chosen: Chosen) -> int:
    """Try nothing more until `release`; gives how many recipients. Raises NoSuchQueueEntry."""
    _check(tx, chosen)
    if chosen.whole_message:
        tx.execute(update(QueueMessage).where(QueueMessage.id == chosen.queue_id).values(held=True))
    waits = [*chosen.conditions(), QueueRecipient.state == WAITING]
    history.ordered(tx, Act.HELD, waits)
    return _set(tx, waits, state=HELD)


def release(tx: Session, chosen: Chosen) -> int:
    """Undo `hold`; what became due meanwhile is tried at once. Raises NoSuchQueueEntry.

    What a freeze holds goes on with the freeze's end.
    """
    _check(tx, chosen)
    messages = select(QueueRecipient.message_id).where(*chosen.conditions())
    tx.execute(
        update(QueueMessage).where(QueueMessage.held, QueueMessage.id.in_(messages)).values(held=False),
        execution_options={"synchronize_session": False},
    )
    by_hand = and_(QueueRecipient.state == HELD, QueueRecipient.held_for.is_(None))
    history.ordered(tx, Act.RELEASED, [*chosen.conditions(), by_hand])
    return _set(tx, [*chosen.conditions(), by_hand], state=WAITING)


def retry(tx: Session, chosen: Chosen, now: datetime) -> int:
    """Make due now what has been tried; gives how many recipients. Raises NoSuchQueueEntry.

    A message that its sender lets wait (``send_at``) keeps its time, and a held one is not touched.
    """
    _check(tx, chosen)
    tried = and_(QueueRecipient.state == WAITING, QueueRecipient.attempts > 0)
    meant = [*chosen.conditions(), tried, _at_rest()]
    history.ordered(tx, Act.RETRIED, meant)
    return _set(tx, meant, next_attempt_at=int(now.timestamp()))


def expire(tx: Session, chosen: Chosen, reporter: Reporter, *, limit: int = GIVEN_UP) -> int:
    """Give up now and tell the senders; gives how many recipients, at most ``limit``: repeat until it is 0.

    Raises NoSuchQueueEntry.
    """
    _check(tx, chosen)
    rows = tx.connection().execute(
        spool.CLAIMED.where(*chosen.conditions(), _at_rest())
        .order_by(QueueRecipient.id)
        .limit(limit)
        .with_for_update(of=QueueRecipient)
    )
    ids: list[int] = []
    for claim in spool.grouped(rows.all()):
        ended = [Ended(one, _last_words(one.last_text)) for one in claim.recipients]
        history.attempts(tx, [(claim.envelope, one) for one in ended])
        told = [one for one in ended if is_wanted(claim.envelope.sender, one.recipient.notify, one.outcome)]
        report_ended(tx, reporter, claim.envelope, told)
        ids += [one.id for one in claim.recipients]
    spool.remove(tx, ids)
    tx.expire_all()
    return len(ids)


def remove(tx: Session, chosen: Chosen) -> int:
    """Forget without telling anybody; gives how many recipients. Raises NoSuchQueueEntry."""
    _check(tx, chosen)
    conn = tx.connection()
    history.ordered(tx, Act.REMOVED, chosen.conditions())
    messages = set(conn.execute(select(QueueRecipient.message_id).where(*chosen.conditions())).scalars())
    done = conn.execute(delete(QueueRecipient).where(*chosen.conditions()))
    left = exists().where(QueueRecipient.message_id == QueueMessage.id)
    listed = sorted(messages | ({chosen.queue_id} if chosen.whole_message else set()))  # type: ignore[type-var]
    for start in range(0, len(listed), spool.CHUNK):
        some = QueueMessage.id.in_(listed[start : start + spool.CHUNK])
        conn.execute(delete(QueueMessage).where(some, ~left))
    tx.expire_all()
    return int(done.rowcount)


def _last_words(text: str) -> Failed:
    words = "Given up by an administrator"
    return Failed(_GIVEN_UP, f"{words}; the last attempt: {text}" if text else words)


def _check(tx: Session, chosen: Chosen) -> None:
    if chosen.queue_id is not None and tx.get(QueueMessage, chosen.queue_id) is None:
        raise NoSuchQueueEntry


def _at_rest() -> ColumnElement[bool]:
    """Not being sent at this moment."""
    return or_(QueueRecipient.lease_owner.is_(None), QueueRecipient.state == HELD)


def _set(tx: Session, conditions: list[ColumnElement[bool]], **values: object) -> int:
    done = tx.connection().execute(update(QueueRecipient).where(*conditions).values(**values))
    tx.expire_all()
    return int(done.rowcount)
