"""What a queue process has in hand and has not begun, when people hold, freeze or remove it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from mailnode.queue.models import WAITING, QueueRecipient
from mailnode.queue.spool import CHUNK

_row = QueueRecipient.__table__.c
_GOING = select(_row.id).where(_row.id.in_(bindparam("ids", expanding=True)), _row.state == WAITING)
_LET_GO = (
    update(QueueRecipient)
    .where(_row.id.in_(bindparam("ids", expanding=True)), _row.lease_owner == bindparam("owner"))
    .values(lease_owner=None, next_attempt_at=bindparam("now"))
)


def stopped(tx: Session, recipient_ids: Sequence[int]) -> set[int]:
    """Those that are held or gone."""
    found = set(recipient_ids)
    for start in range(0, len(recipient_ids), CHUNK):
        some = {"ids": list(recipient_ids[start : start + CHUNK])}
        found.difference_update(tx.connection().execute(_GOING, some).scalars())
    return found


def let_go(tx: Session, owner: str, recipient_ids: Sequence[int], now: datetime) -> None:
    """End the owner's leases on these."""
    for start in range(0, len(recipient_ids), CHUNK):
        some = list(recipient_ids[start : start + CHUNK])
        tx.connection().execute(_LET_GO, {"ids": some, "owner": owner, "now": int(now.timestamp())})
