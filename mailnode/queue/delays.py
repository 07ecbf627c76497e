"""Messages that wait long: whose senders must be warned (RFC 5321 §4.5.4.1), once for each recipient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, update
from sqlalchemy.orm import Session

from mailnode.queue.envelope import Claim
from mailnode.queue.models import WAITING, QueueMessage, QueueRecipient
from mailnode.queue.spool import CLAIMED, grouped
from mailnode.queue.timetable import WARNING

_UNWARNED = (
    CLAIMED.where(QueueRecipient.state == WAITING, QueueRecipient.attempts > 0, ~QueueRecipient.warned)
    .where(
        or_(
            func.coalesce(QueueMessage.send_at, QueueMessage.created_at) <= bindparam("before"),
            and_(QueueMessage.deliver_by_mode.in_(("N", "NT")), QueueMessage.deliver_by <= bindparam("now")),
        )
    )
    .order_by(QueueRecipient.id)
    .limit(bindparam("count"))
    .with_for_update(of=QueueRecipient, skip_locked=True)
)
_WARNED = update(QueueRecipient).where(QueueRecipient.id.in_(bindparam("ids", expanding=True))).values(warned=True)


def unwarned(tx: Session, now: datetime, limit: int) -> list[Claim]:
    """Recipients that have been tried and still wait after four hours, or after the time by which the sender
    wanted them reached (RFC 2852 §4, mode N); grouped, but not leased.

    Call `mark_warned` in the same transaction.
    """
    moment = int(now.timestamp())
    values = {"before": moment - WARNING, "now": moment, "count": limit}
    return grouped(tx.connection().execute(_UNWARNED, values).all())


def mark_warned(tx: Session, recipient_ids: Sequence[int]) -> None:
    tx.connection().execute(_WARNED, {"ids": list(recipient_ids)})
