"""Whether a user's message may go: limits, freezes and suppression, for every door alike.

Called in the transaction that keeps the message, so that what is counted is what is kept. Mail for
mailboxes here counts for nothing, but it waits too when the user's sending is frozen. Nor is it counted whom an alias
stands for: that is the choice of those who have made the alias, and no user reaches more people by it than they meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.outbound import freezes, limits, notices, suppression
from mailnode.prepared import Prepared

_DOMAIN_OF = Prepared(text('SELECT domain_id FROM "user" WHERE id = :id'))
_log = log.get("outbound")


def domain_of(tx: Session, user_id: int) -> int:
    """The id of the user's domain."""
    row = _DOMAIN_OF.run(tx.connection(), {"id": user_id}).fetchone()
    return row[0] if row else 0


def check_recipient(tx: Session, user_id: int, address: str, now: datetime) -> None:
    """Raises Suppressed where nothing is sent to the address from the user's domain."""
    suppression.check(tx, domain_of(tx, user_id), [address], int(now.timestamp()))


def admit(tx: Session, *, user_id: int, elsewhere: Sequence[str], hostname: str, now: datetime) -> str | None:
    """Count a message to these recipients elsewhere. None: it may go; else what it is held for.

    Raises SendingLimited, Suppressed. A burst freezes the user here, this message already with it.
    """
    if elsewhere:
        _count(tx, user_id, elsewhere, hostname, now)
    return freezes.key_of_user(user_id) if freezes.is_frozen(tx, user_id) else None


def _count(tx: Session, user_id: int, elsewhere: Sequence[str], hostname: str, now: datetime) -> None:
    moment, domain_id = int(now.timestamp()), domain_of(tx, user_id)
    suppression.check(tx, domain_id, elsewhere, moment)
    mine, sent = limits.counted(tx, user_id, domain_id, len(elsewhere), moment)
    # Asked after counting, which lets one after the other: of several at once the first tells of the burst.
    usual = freezes.burst(tx, user_id, mine, sent, moment)
    if usual is not None and not freezes.is_frozen(tx, user_id):
        _freeze(tx, user_id, sent.hourly_recipients, usual, hostname, now)


def _freeze(tx: Session, user_id: int, recipients: int, usual: int, hostname: str, now: datetime) -> None:
    key = freezes.key_of_user(user_id)
    freezes.freeze(tx, key, now=int(now.timestamp()), cause=freezes.BURST, recipients=recipients, usual=usual)
    notices.tell_of_burst(tx, user_id, recipients=recipients, usual=usual, hostname=hostname, now=now)
    _log.warning("sending frozen", user_id=user_id, recipients=recipients, usual=usual)
