"""Where the queue processes are sending to and what they have learnt, written down for people to look at.

The truth is in the processes' memory; each writes its part here every few seconds, and what a dead process
has left goes after a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from mailnode.queue.models import QueueDestination

SHOWN_FOR = 3600  # seconds
MAX_WORDS = 300


@dataclass(frozen=True, slots=True)
class Destination:
    """``connections`` are open, of at most ``connection_limit``; ``rate`` in messages a second, None: no bound.

    ``waiting`` are recipients that a process has in hand, ``taken`` messages since it began; ``seconds`` is what
    an answer takes, ``words`` what made the process slower last.
    """

    name: str
    connections: int
    connection_limit: int
    rate: float | None
    waiting: int
    taken: int
    put_off: int
    seconds: float
    words: str


def save(tx: Session, owner: str, destinations: Sequence[Destination], now: datetime) -> None:
    """All that one process knows; what it said before is forgotten."""
    moment = int(now.timestamp())
    row = QueueDestination.__table__.c
    conn = tx.connection()
    conn.execute(delete(QueueDestination).where((row.owner == owner) | (row.updated_at < moment - SHOWN_FOR)))
    if destinations:
        rows = [asdict(one) | {"words": one.words[:MAX_WORDS]} for one in destinations]
        conn.execute(insert(QueueDestination), [one | {"owner": owner, "updated_at": moment} for one in rows])


def listed(tx: Session, limit: int = 1000) -> list[tuple[Destination, datetime]]:
    """What all processes have written, with the time; those with the most in hand first."""
    query = select(QueueDestination).order_by(QueueDestination.waiting.desc(), QueueDestination.name).limit(limit)
    return [(_of(one), datetime.fromtimestamp(one.updated_at, UTC)) for one in tx.scalars(query)]


def _of(one: QueueDestination) -> Destination:
    return Destination(
        one.name,
        one.connections,
        one.connection_limit,
        one.rate,
        one.waiting,
        one.taken,
        one.put_off,
        one.seconds,
        one.words,
    )
