"""Throttling of failed log-ins, by user and by peer, shared by every door and process.

A failure adds one to a score, and the score leaks away with time; at the limit nobody is let in,
right password or not, until it has leaked. What a peer is: an IPv4 address, or the /64 network of an
IPv6 address, since one subscriber has at least that many.

Strangers who try a user's password must not shut the user out. So where a user has logged in from lately is known,
and from there only what has failed there counts; elsewhere the user's score does, whoever has run it up.
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

CLOCK_JUMP = timedelta(minutes=10)
KNOWN_FOR = timedelta(days=30)  # after the last log-in from a place
NOTED_FOR = timedelta(days=1)  # in which a place need not be written down again
PLACE = "place:"


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
        if not self.name:
            return (self.by_peer,)
        return (self.by_peer, self.by_place, self.by_user)  # one order for all: no deadlock

    @property
    def by_user(self) -> str:
        return f"user:{self.name}"

    @property
    def by_peer(self) -> str:
        return f"peer:{self.peer}"

    @property
    def by_place(self) -> str:
        """The user at this peer; there is such a score only where the user has logged in from."""
        return PLACE + hashlib.blake2b(f"{self.name}\0{self.peer}".encode(), digest_size=16).hexdigest()


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
    rows = {row.key: row for row in tx.execute(select(LoginFailure).where(LoginFailure.key.in_(who.all))).scalars()}
    if who.by_place in rows:
        rows.pop(who.by_user, None)
    # One more must fit below the limit; the score leaks between any two looks, so it is never exactly there.
    return any(_now(row.score, row.at, now, _limit(key)) > _limit(key).failures - 1 for key, row in rows.items())


def _limit(key: str) -> Limit:
    return BY_PEER if key.startswith("peer:") else BY_USER


def _now(score: float, at: datetime, now: datetime, limit: Limit) -> float:
    if at - now > CLOCK_JUMP:
        return 0.0  # the clock has gone back; nobody is kept out until it gets there again
    return max(0.0, score - max(0.0, (now - at).total_seconds()) / limit.leak)


_INSERT = text(
    "INSERT INTO login_failure (key, score, at) VALUES (:key, 0, :at) ON CONFLICT (key) DO NOTHING"
).bindparams(bindparam("at", type_=UtcDateTime))


def failed(tx: Session, who: Keys, now: datetime) -> None:
    """Count one failure."""
    for key in who.all:
        if key != who.by_place:
            tx.execute(_INSERT, {"key": key, "at": now})
        row = tx.get(LoginFailure, key, with_for_update=True)
        if row is not None:
            row.score = min(_now(row.score, row.at, now, _limit(key)) + 1, _limit(key).failures)
            row.at = now
            tx.flush()


def succeeded(tx: Session, who: Keys, now: datetime) -> None:
    """The user has the password: forget what has failed here, not what the peer has.

    Where the user was not known before, the user's own score goes; from known places it does not count anyway, and
    whoever has run it up shall not profit.
    """
    place = tx.get(LoginFailure, who.by_place)
    if place is None:
        tx.execute(_INSERT, {"key": who.by_place, "at": now})
        tx.execute(delete(LoginFailure).where(LoginFailure.key == who.by_user))
    else:
        place.score, place.at = 0, now
        tx.flush()


def is_noted(tx: Session, who: Keys, now: datetime) -> bool:
    """True where a success need not be written down: the place is known, and nothing has failed there."""
    place = tx.get(LoginFailure, who.by_place)
    return place is not None and not place.score and place.at > now - NOTED_FOR


def sweep(tx: Session, now: datetime) -> None:
    """Remove scores that have leaked away, and places of long ago."""
    longest = max(limit.failures * limit.leak for limit in (BY_USER, BY_PEER))
    is_place = LoginFailure.key.startswith(PLACE)
    tx.execute(delete(LoginFailure).where(~is_place, LoginFailure.at < now - timedelta(seconds=longest)))
    tx.execute(delete(LoginFailure).where(is_place, LoginFailure.at < now - KNOWN_FOR))
