"""Counters and quotas: what a user has used, and how much there may be.

Counted in the transaction of each change, in the one row that also hands out the modseq. A limit
that is None in the user's row is the domain's default; 0 or None there means no limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from mailnode.directory.models import Domain, User
from mailnode.errors import OverQuota
from mailnode.prepared import Prepared
from mailnode.store.flags import DELETED
from mailnode.store.models import Entry, UserCounter


@dataclass(frozen=True, slots=True)
class Usage:
    """Used and allowed; a limit of 0 is none."""

    messages: int
    size: int
    message_limit: int
    size_limit: int


def _advanced() -> ReturningUpdate[tuple[int]]:
    return (
        update(UserCounter)
        .where(UserCounter.user_id == bindparam("key"))
        .values(
            modseq=UserCounter.modseq + 1,
            messages=UserCounter.messages + bindparam("more_messages"),
            size=UserCounter.size + bindparam("more_size"),
        )
        .returning(UserCounter.modseq)
    )


_MESSAGE_LIMIT = func.coalesce(User.quota_messages, Domain.default_quota_messages, 0)
_SIZE_LIMIT = func.coalesce(User.quota_bytes, Domain.default_quota_bytes, 0)
_limited = select(_MESSAGE_LIMIT, _SIZE_LIMIT, Domain.over_quota_text).join(Domain, Domain.id == User.domain_id)
_has_room = (
    _limited.where(
        User.id == UserCounter.user_id,
        or_(_MESSAGE_LIMIT == 0, UserCounter.messages + bindparam("more_messages") <= _MESSAGE_LIMIT),
        or_(_SIZE_LIMIT == 0, UserCounter.size + bindparam("more_size") <= _SIZE_LIMIT),
    )
    .correlate(UserCounter)
    .exists()
)
_advance = Prepared(_advanced())
_advance_within = Prepared(_advanced().where(_has_room))
_limits = Prepared(_limited.where(User.id == bindparam("user_id")))
_used = Prepared(select(UserCounter.messages, UserCounter.size).where(UserCounter.user_id == bindparam("user_id")))
_start = Prepared(insert(UserCounter), *(column.name for column in UserCounter.__table__.columns))
_FRESH = {"messages": 0, "size": 0, "uid_validity": 0, "kept_messages": 0, "kept_size": 0, "pruned_modseq": 0}


def advance(tx: Session, user_id: int, *, messages: int = 0, size: int = 0) -> int:
    """Count a change and draw its modseq. Raises OverQuota when something is added and there is no room; then
    nothing has been counted."""
    conn = tx.connection()
    keys = {"key": user_id, "more_messages": messages, "more_size": size}
    statement = _advance_within if messages > 0 or size > 0 else _advance
    row = statement.run(conn, keys).fetchone()
    if row is None and start(tx, user_id):
        row = statement.run(conn, keys).fetchone()
    if row is None:
        raise refusal(tx, user_id)
    return int(row[0])


def refusal(tx: Session, user_id: int) -> OverQuota:
    """What one hears who has no room, in the words of the domain where it has any."""
    return OverQuota(_limits.run(tx.connection(), {"user_id": user_id}).fetchone()[2] or None)


def held(tx: Session, user_id: int) -> int:
    """The newest modseq, which nobody else can advance before the end of the transaction."""
    locked = select(UserCounter.modseq).where(UserCounter.user_id == user_id).with_for_update()
    return tx.connection().execute(locked).scalar() or 0


def start(tx: Session, user_id: int) -> bool:
    """Give a new user a counter row; False when there is one."""
    conn = tx.connection()
    if _used.run(conn, {"user_id": user_id}).fetchone() is not None:
        return False
    _start.run(conn, {"user_id": user_id, "modseq": 1, **_FRESH, "kept_since": int(time.time())})
    return True


def usage(tx: Session, user_id: int) -> Usage:
    """What the user has and may have."""
    used = _used.run(tx.connection(), {"user_id": user_id}).fetchone() or (0, 0)
    limits = _limits.run(tx.connection(), {"user_id": user_id}).fetchone()
    return Usage(used[0], used[1], limits[0], limits[1])


def reclaimable(tx: Session, user_id: int, mailbox_id: int) -> tuple[int, int]:
    """How many messages of the mailbox are flagged \\Deleted, and their octets."""
    statement = select(func.count(), func.coalesce(func.sum(Entry.size), 0)).where(
        Entry.user_id == user_id, Entry.mailbox_id == mailbox_id, Entry.flags.op("&")(DELETED) != 0
    )
    messages, size = tx.connection().execute(statement).one()
    return messages, int(size)


def require_room(tx: Session, user_id: int, size: int = 0) -> None:
    """Raise OverQuota unless one more message of ``size`` bytes fits; changes nothing (for RCPT)."""
    now = usage(tx, user_id)
    full = now.message_limit and now.messages + 1 > now.message_limit
    if full or (now.size_limit and now.size + size > now.size_limit):
        raise refusal(tx, user_id)
