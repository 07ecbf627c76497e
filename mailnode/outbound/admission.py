"""Whether a user's message may go: limits, freezes and suppression, for every door alike.

Called in the transaction that keeps the message, so that what is counted is what is kept. Mail for
mailboxes here counts for nothing, but it waits too when the user's sending is frozen.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.outbound import freezes, limits, notices
from mailnode.prepared import Prepared

_DOMAIN_OF = Prepared(text('SELECT domain_id FROM "user" WHERE id = :id'))
_log = log.get("outbound")


def admit(tx: Session, *, user_id: int, elsewhere: int, hostname: str, now: datetime) -> str | None:
    """Count a message to so many recipients elsewhere. None: it may go; else what it is held for.

    Raises SendingLimited. A burst freezes the user here, this message already with it.
    """
    moment = int(now.timestamp())
    frozen = freezes.is_frozen(tx, user_id)
    if elsewhere:
        row = _DOMAIN_OF.run(tx.connection(), {"id": user_id}).fetchone()
        mine, sent = limits.counted(tx, user_id, row[0] if row else 0, elsewhere, moment)
        usual = None if frozen else freezes.burst(tx, user_id, mine, sent, moment)
        if usual is not None:
            _freeze(tx, user_id, sent.hourly_recipients, usual, hostname, now)
            frozen = True
    return freezes.key_of_user(user_id) if frozen else None


def _freeze(tx: Session, user_id: int, recipients: int, usual: int, hostname: str, now: datetime) -> None:
    key = freezes.key_of_user(user_id)
    freezes.freeze(tx, key, now=int(now.timestamp()), cause=freezes.BURST, recipients=recipients, usual=usual)
    notices.tell_of_burst(tx, user_id, recipients=recipients, usual=usual, hostname=hostname, now=now)
    _log.warning("sending frozen", user_id=user_id, recipients=recipients, usual=usual)
