"""How much has been sent: counted in slots of ten minutes, by user and by domain.

"An hour" is the present slot and the five before it, "a day" the 144; so a limit is at most ten minutes
too kind. Counting comes before looking: on PostgreSQL the counted row stays locked until the end of the
transaction, so that two sendings at once cannot both find room for one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from mailnode.outbound.models import SentCount
from mailnode.prepared import Prepared

SLOT = 600  # seconds
HOUR, DAY = 6, 144  # slots
REMEMBERED = 28 * DAY  # slots: what somebody's usual rate is drawn from

_COUNT = Prepared(
    text(
        "INSERT INTO sent_count (kind, owner_id, slot, messages, recipients)"
        " VALUES (:kind, :owner, :slot, 1, :recipients) ON CONFLICT (kind, owner_id, slot) DO UPDATE"
        " SET messages = sent_count.messages + 1, recipients = sent_count.recipients + :recipients"
    )
)
_SUMS = Prepared(
    text(
        "SELECT COALESCE(SUM(CASE WHEN slot > :hour THEN messages ELSE 0 END), 0),"
        " COALESCE(SUM(CASE WHEN slot > :hour THEN recipients ELSE 0 END), 0),"
        " COALESCE(SUM(messages), 0), COALESCE(SUM(recipients), 0)"
        " FROM sent_count WHERE kind = :kind AND owner_id = :owner AND slot > :day"
    )
)
_BUSIEST = text(
    "SELECT COALESCE(MAX(hourly), 0) FROM (SELECT SUM(recipients) AS hourly FROM sent_count"
    " WHERE kind = :kind AND owner_id = :owner AND slot > :since AND slot <= :until GROUP BY slot / :hour) AS hours"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages and recipients within the last hour and day."""

    hourly_messages: int
    hourly_recipients: int
    daily_messages: int
    daily_recipients: int


def count(tx: Session, kind: str, owner_id: int, recipients: int, now: int) -> None:
    """One message to so many recipients; ``now`` in seconds since the epoch."""
    _COUNT.run(tx.connection(), {"kind": kind, "owner": owner_id, "slot": now // SLOT, "recipients": recipients})


def sent(tx: Session, kind: str, owner_id: int, now: int) -> Sent:
    slot = now // SLOT
    row = _SUMS.run(
        tx.connection(), {"kind": kind, "owner": owner_id, "hour": slot - HOUR, "day": slot - DAY}
    ).fetchone()
    return Sent(*map(int, row))


def busiest_hour(tx: Session, kind: str, owner_id: int, now: int) -> int:
    """The most recipients of any one hour of the last 28 days, the present hour apart."""
    slot = now // SLOT
    values = {"kind": kind, "owner": owner_id, "since": slot - REMEMBERED, "until": slot - HOUR, "hour": HOUR}
    return int(tx.connection().execute(_BUSIEST, values).scalar() or 0)


def sweep(tx: Session, now: int) -> None:
    """Forget what no limit and no usual rate looks at any more, and what a clock that was ahead has counted: it would
    be of the last hour until its time has come."""
    slot = now // SLOT
    is_past = SentCount.slot <= slot - REMEMBERED
    tx.connection().execute(delete(SentCount).where(is_past | (SentCount.slot > slot + HOUR)))
