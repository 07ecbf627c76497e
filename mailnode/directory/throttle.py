"""Throttling of failed log-ins, by user and by peer, shared by every door and process.

A failure adds one to a score, and the score leaks away with time; at the limit nobody is let in,
right password or not, until it has leaked. What a peer is: an IPv4 address, or the /64 network of an
IPv6 address, since one subscriber has at least that many.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from mailnode.database import UtcDateTime
from mailnode.directory.models import LoginFailure
from mailnode.prepared import Prepared

CLOCK_JUMP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Limit:
    """``failures`` at once, and one more after every ``leak`` seconds."""

    failures: int
    leak: float


BY_USER = Limit(20, 60.0)
BY_PEER = Limit(50, 30.0)


@dataclass(frozen=True, slots=True)
class Keys:
    """The scores that a log-in counts for; ``name`` need not be a user's. Without one the peer's alone counts."""

    name: str
    peer: str

    @property
    def all(self) -> tuple[str, ...]:
        return (self.by_peer, self.by_user) if self.name else (self.by_peer,)  # one order for all: no deadlock

    @property
    def by_user(self) -> str:
        return f"user:{self.name}"

    @property
    def by_peer(self) -> str:
        return f"peer:{self.peer}"


def keys(name: str, peer: str) -> Keys:
    if len(name) > 320 or not name.isprintable():
        name = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return Keys(name, _network(peer))


def _network(peer: str) -> str:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_blocked(tx: Session, who: Keys, now: datetime) -> bool:
    """True where the user or the peer has used up its failures."""
    rows = tx.execute(select(LoginFailure).where(LoginFailure.key.in_(who.all))).scalars()
    # One more must fit below the limit; the score leaks between any two looks, so it is never exactly there.
    return any(_now(row.score, row.at, now, _limit(row.key)) > _limit(row.key).failures - 1 for row in rows)


def _limit(key: str) -> Limit:
    return BY_USER if key.startswith("user:") else BY_PEER


def _now(score: float, at: datetime, now: datetime, limit: Limit) -> float:
    if at - now > CLOCK_JUMP:
        return 0.0  # the clock has gone back; nobody is kept out until it gets there again
    return max(0.0, score - max(0.0, (now - at).total_seconds()) / limit.leak)


_by_key = Prepared(select(LoginFailure.key).where(LoginFailure.key == bindparam("wanted")))
_INSERT = text(
    "INSERT INTO login_failure (key, score, at) VALUES (:key, 0, :at) ON CONFLICT (key) DO NOTHING"
).bindparams(bindparam("at", type_=UtcDateTime))


def failed(tx: Session, who: Keys, now: datetime) -> None:
    """Count one failure."""
    for key in who.all:
        tx.execute(_INSERT, {"key": key, "at": now})
        row = tx.get_one(LoginFailure, key, with_for_update=True)
        row.score = min(_now(row.score, row.at, now, _limit(key)) + 1, _limit(key).failures)
        row.at = now
        tx.flush()


def succeeded(tx: Session, who: Keys) -> None:
    """The user has the password: forget the user's failures, not the peer's."""
    tx.execute(delete(LoginFailure).where(LoginFailure.key == who.by_user))


def has_failures(tx: Session, who: Keys) -> bool:
    return _by_key.run(tx.connection(), {"wanted": who.by_user}).fetchone() is not None


def sweep(tx: Session, now: datetime) -> None:
    """Remove scores that have leaked away."""
    longest = max(limit.failures * limit.leak for limit in (BY_USER, BY_PEER))
    tx.execute(delete(LoginFailure).where(LoginFailure.at < now - timedelta(seconds=longest)))
