"""What stands still: a user's sending, all mail to a destination, all mail to an address.

A freeze holds what is in the queue and what comes later, until somebody releases it; then everything
that it held goes on. Mail that was held by hand, message by message, stays held.

A user is frozen by a sudden burst: more than `Limits.burst_recipients` recipients elsewhere within an hour, and
more than ten times as many as in the busiest hour of the last four weeks. Whoever was released is not frozen
for a burst again for a day; by then the burst belongs to what is usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict, storable
from mailnode.directory.addresses import normal, normal_domain
from mailnode.errors import BadAddress, NotFrozen
from mailnode.outbound import counts
from mailnode.outbound.counts import Sent
from mailnode.outbound.limits import Limits
from mailnode.outbound.models import USER, Freeze
from mailnode.prepared import Prepared
from mailnode.queue import edit, spool
from mailnode.queue.envelope import Claim

BURST, HAND = "burst", "hand"
TIMES = 10  # the usual rate
TRUSTED_FOR = 86_400  # seconds after a release
_STATE = Prepared(text("SELECT released_at FROM frozen WHERE key = :key"))
_FROZEN = Prepared(text("SELECT key FROM frozen WHERE released_at IS NULL"))


@dataclass(frozen=True, slots=True)
class Frozen:
    """``kind``: user, destination or recipient; ``name``: the user's id, the domain, the address.

    ``recipients`` and ``usual`` are a burst's: so many within the hour, so many in the busiest hour before.
    """

    kind: str
    name: str
    user_id: int | None
    since: datetime
    cause: str
    recipients: int
    usual: int
    words: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


def key_of_user(user_id: int) -> str:
    return f"user:{user_id}"


def key_of_destination(domain: str) -> str:
    """Raises BadDomainName."""
    return f"destination:{normal_domain(domain)}"


def key_of_recipient(address: str) -> str:
    """Raises BadAddress."""
    return f"recipient:{normal(address)}"


def freeze(
    tx: Session, key: str, *, now: int, cause: str = HAND, recipients: int = 0, usual: int = 0, words: str = ""
) -> None:
    """Hold what is there and what comes. Freezing again what is frozen changes nothing."""
    kind, _, name = key.partition(":")
    wanted = {
        "since": now,
        "cause": cause,
        "words": storable(words)[:200],
        "recipients": recipients,
        "usual": usual,
        "released_at": None,
    }
    fresh = insert_on_conflict(tx, Freeze).values(key=key, user_id=int(name) if kind == USER else None, **wanted)
    again = fresh.on_conflict_do_update(index_elements=["key"], set_=wanted, where=Freeze.released_at.is_not(None))
    if tx.scalar(again.returning(Freeze), execution_options={"populate_existing": True}) is not None:
        edit.hold_for(tx, key)


def release(tx: Session, key: str, now: int) -> int:
    """Let everything go on that the freeze has held; gives how many recipients. Raises NotFrozen."""
    found = tx.get(Freeze, key)
    if found is None or found.released_at is not None:
        raise NotFrozen
    found.released_at = now
    tx.flush()
    return edit.release_for(tx, key)


def frozen(tx: Session, key: str) -> Frozen | None:
    found = tx.get(Freeze, key)
    return _shown(found) if found is not None and found.released_at is None else None


def all_frozen(tx: Session) -> list[Frozen]:
    """Everything that stands still, the latest first."""
    return [
        _shown(one)
        for one in tx.scalars(select(Freeze).where(Freeze.released_at.is_(None)).order_by(Freeze.since.desc()))
    ]


def is_frozen(tx: Session, user_id: int) -> bool:
    row = _STATE.run(tx.connection(), {"key": key_of_user(user_id)}).fetchone()
    return row is not None and row[0] is None


def burst(tx: Session, user_id: int, limits: Limits, sent: Sent, now: int) -> int | None:
    """The usual rate that was left far behind; None where there is no burst."""
    if not limits.burst_recipients or sent.hourly_recipients <= limits.burst_recipients:
        return None
    row = _STATE.run(tx.connection(), {"key": key_of_user(user_id)}).fetchone()
    if row is not None and row[0] is not None and row[0] > now - TRUSTED_FOR:
        return None
    usual = counts.busiest_hour(tx, USER, user_id, now)
    return usual if sent.hourly_recipients > TIMES * usual else None


def without_frozen(tx: Session, claims: Sequence[Claim], now: datetime) -> list[Claim]:
    """Claims as they may go: recipients that stand still are held, and their leases given back."""
    if not claims:
        return []
    keys = {row[0] for row in _FROZEN.run(tx.connection(), {}).fetchall()}
    if not keys:
        return list(claims)
    held: dict[str, list[int]] = {}
    left: list[Claim] = []
    for claim in claims:
        for one in claim.recipients:
            if key := _key_among(keys, claim, one.address):
                held.setdefault(key, []).append(one.id)
        gone = {number for ids in held.values() for number in ids}
        rest = tuple(one for one in claim.recipients if one.id not in gone)
        if rest:
            left.append(Claim(claim.envelope, claim.destination, rest))
    for key, ids in held.items():
        spool.hold(tx, ids, key, now)
    return left


def _key_among(keys: set[str], claim: Claim, address: str) -> str | None:
    user_id = claim.envelope.user_id
    if user_id is not None and (key := key_of_user(user_id)) in keys:
        return key
    if (key := f"destination:{claim.destination}") in keys:
        return key
    try:
        key = key_of_recipient(address)
    except BadAddress:
        return None
    return key if key in keys else None


def sweep(tx: Session, now: int) -> None:
    """Forget releases that nobody asks about any more."""
    tx.connection().execute(delete(Freeze).where(Freeze.released_at <= now - TRUSTED_FOR))


def _shown(one: Freeze) -> Frozen:
    kind, _, name = one.key.partition(":")
    since = datetime.fromtimestamp(one.since, UTC)
    return Frozen(kind, name, one.user_id, since, one.cause, one.recipients, one.usual, one.words)
