"""Addresses that nothing is sent to for a time: they bounced for good, or their owner complained.

Remembered for each of our domains apart, since another domain's mail may be welcome. Sending there is
refused at once, with the words of the host that refused it first. It ends after `KEPT` by itself and can be
lifted before. ``postmaster`` and ``abuse`` are never suppressed: they are how one gets help.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict, storable
from mailnode.directory.addresses import normal
from mailnode.directory.lookup import ALWAYS_DELIVERABLE
from mailnode.directory.models import Domain, User
from mailnode.errors import NeverSuppressed, NotSuppressed, Suppressed
from mailnode.message.bounce_reasons import reason_of
from mailnode.outbound.models import Suppression
from mailnode.prepared import Prepared
from mailnode.queue.envelope import Ended, Envelope
from mailnode.queue.outcome import Failed

KEPT = 30 * 86_400  # seconds
BOUNCE, COMPLAINT, HAND = "bounce", "complaint", "hand"
MAX_WORDS = 500
CHUNK = 500  # addresses of one look
_ANY = Prepared(text("SELECT 1 FROM suppression WHERE domain_id = :domain AND expires_at > :now LIMIT 1"))


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    """``words`` are the remote host's; ``domain`` is ours, ``user`` who met it, "" where that is not known."""

    id: int
    domain: str
    address: str
    cause: str
    status: str
    words: str
    user: str
    created_at: datetime
    expires_at: datetime


def check(tx: Session, domain_id: int, addresses: Sequence[str], now: int) -> None:
    """Raises Suppressed where one of the addresses is; says which, why and until when."""
    if _ANY.run(tx.connection(), {"domain": domain_id, "now": now}).fetchone() is None:
        return
    wanted = [address.lower() for address in addresses]
    for start in range(0, len(wanted), CHUNK):
        some = Suppression.address.in_(wanted[start : start + CHUNK])
        query = select(Suppression).where(Suppression.domain_id == domain_id, some, Suppression.expires_at > now)
        found = tx.scalars(query.limit(1)).first()
        if found is not None:
            raise Suppressed(_why(found))


def _why(found: Suppression) -> str:
    until = datetime.fromtimestamp(found.expires_at, UTC).date().isoformat()
    match found.cause:
        case "complaint":
            why = "its owner called your mail unwanted"
        case "bounce":
            why = f"it was refused for good: {found.words}" if found.words else "it was refused for good"
        case _:
            why = found.words or "an administrator wants it so"
    return f"Nothing is sent to {found.address} until {until}: {why}"


def add(
    tx: Session,
    domain_id: int,
    address: str,
    *,
    cause: str,
    now: int,
    status: str = "",
    words: str = "",
    user_id: int | None = None,
) -> bool:
    """Suppress the address, or for longer; False for those that never are."""
    address = address.lower()
    if address.rpartition("@")[0] in ALWAYS_DELIVERABLE or "@" not in address or len(address) > 320:
        return False
    wanted = {
        "cause": cause,
        "status": status,
        "words": " ".join(storable(words).split())[:MAX_WORDS],
        "user_id": user_id,
        "expires_at": now + KEPT,
    }
    fresh = insert_on_conflict(tx, Suppression).values(domain_id=domain_id, address=address, created_at=now, **wanted)
    tx.execute(fresh.on_conflict_do_update(index_elements=["domain_id", "address"], set_=wanted))
    return True


def add_by_hand(tx: Session, domain_id: int, address: str, *, now: int, words: str) -> None:
    """Suppress what an administrator has named. Raises BadAddress, NeverSuppressed."""
    if not add(tx, domain_id, normal(address), cause=HAND, now=now, words=words):
        raise NeverSuppressed


def learn(tx: Session, ended: Iterable[tuple[Envelope, Ended]], now: datetime) -> None:
    """Suppress those whom another host called unknown or gone for good. Only what users here have sent teaches, and
    whom an alias stands for is neither their choice nor for them to see."""
    for envelope, one in ended:
        outcome = one.outcome
        if not isinstance(outcome, Failed) or not outcome.remote or envelope.user_id is None or envelope.behind_alias:
            continue
        if not reason_of(outcome.status, outcome.text).is_gone:
            continue
        domain_id = tx.scalar(select(User.domain_id).where(User.id == envelope.user_id))
        if domain_id is not None:
            add(
                tx,
                domain_id,
                one.recipient.address,
                cause=BOUNCE,
                now=int(now.timestamp()),
                status=outcome.status,
                words=outcome.text,
                user_id=envelope.user_id,
            )


def rows(
    tx: Session, now: int, *, domains: Sequence[str] | None = None, part: str = "", after: int = 0, limit: int = 100
) -> list[SuppressedAddress]:
    """Those in force, in the order of their ids behind ``after``; of all our domains, or of these."""
    query = (
        select(Suppression, Domain.name, User.address)
        .join(Domain, Domain.id == Suppression.domain_id)
        .outerjoin(User, User.id == Suppression.user_id)
        .where(Suppression.expires_at > now, Suppression.id > after)
    )
    if domains is not None:
        query = query.where(Domain.name.in_(domains))
    if part:
        query = query.where(Suppression.address.contains(part.lower(), autoescape=True))
    found = tx.execute(query.order_by(Suppression.id).limit(limit))
    return [_shown(one, domain, user or "") for one, domain, user in found]


def domain_of(tx: Session, suppression_id: int) -> str:
    """The name of our domain that it is for. Raises NotSuppressed."""
    query = select(Domain.name).join(Suppression, Suppression.domain_id == Domain.id)
    name = tx.scalar(query.where(Suppression.id == suppression_id))
    if name is None:
        raise NotSuppressed
    return name


def lift(tx: Session, suppression_id: int) -> None:
    """Let the address be written to again. Raises NotSuppressed."""
    if not tx.connection().execute(delete(Suppression).where(Suppression.id == suppression_id)).rowcount:
        raise NotSuppressed


def lift_address(tx: Session, address: str, domain_id: int | None = None) -> int:
    """The same by address, for one of our domains or for all; gives for how many. Raises NotSuppressed."""
    order = delete(Suppression).where(Suppression.address == address.lower())
    if domain_id is not None:
        order = order.where(Suppression.domain_id == domain_id)
    number = int(tx.connection().execute(order).rowcount)
    if not number:
        raise NotSuppressed
    return number


def sweep(tx: Session, now: int) -> None:
    """Forget what has ended."""
    tx.connection().execute(delete(Suppression).where(Suppression.expires_at <= now))


def _shown(one: Suppression, domain: str, user: str) -> SuppressedAddress:
    created, expires = (datetime.fromtimestamp(at, UTC) for at in (one.created_at, one.expires_at))
    return SuppressedAddress(one.id, domain, one.address, one.cause, one.status, one.words, user, created, expires)
