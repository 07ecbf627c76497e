"""Greylisting: the suspicious are asked to try again, which programs that only send and never queue do not do.

- The first attempt of a client network, sender and recipient waits ``delay`` seconds; a later one within two days
  passes, and is known for five weeks from its last mail on.
- A network that has passed with `ENOUGH` different pairs is known whoever it writes for.
- Numbers in a sender's name are passed over: mailing lists write a new one into each message.

Who is asked at all is `judging`'s to say: never those that anybody vouches for. RFC 6647 §3, §5.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, or_, select, text, update
from sqlalchemy.orm import Session

from mailnode.mx.models import Greylisted
from mailnode.smtpd.reception import Envelope

RULE = "greylist"
RETRY = 2 * 86400  # seconds in which the second attempt must come
KNOWN = 35 * 86400  # seconds for which one that came is known
ENOUGH = 5
NETWORK = b""  # the key of a network's own row
BATCH = 5_000

_NUMBERS = re.compile(r"[0-9]+")
_row = Greylisted.__table__.c
_mine = (_row.network == bindparam("of"), _row.key.in_(bindparam("keys", expanding=True)))
_FORGET = delete(Greylisted).where(*_mine, _row.until <= bindparam("now"))
_FIND = select(_row.key, _row.first_at, _row.passes, _row.until).where(*_mine)
_ADD = text(
    "INSERT INTO greylisted (network, key, first_at, passes, until) VALUES (:of, :row_key, :now, 0, :then)"
    " ON CONFLICT (network, key) DO NOTHING"
)
_PASS = (
    update(Greylisted)
    .where(_row.network == bindparam("of"), _row.key == bindparam("row_key"))
    .values(passes=_row.passes + bindparam("more"), until=bindparam("then"))
)


@dataclass(frozen=True, slots=True)
class Asked:
    """``keys`` stand for the pairs of sender and recipient; ``now`` and ``delay`` are in seconds."""

    network: str
    keys: tuple[bytes, ...]
    now: int
    delay: int

    @classmethod
    def of(cls, address: str, envelope: Envelope, now: int, delay: int) -> Asked:
        sender = envelope.sender
        written = f"{_NUMBERS.sub('#', sender.local.partition('+')[0])}@{sender.domain}" if sender else ""
        keys = dict.fromkeys(_key(written, str(one.address)) for one in envelope.recipients)
        return cls(network(address), tuple(keys), now, delay)


@lru_cache(4096)
def network(address: str) -> str:
    """The network that one sender's machines share: of IPv4 the /24, of IPv6 the /64."""
    try:
        return str(ip_network(f"{address}/{64 if ':' in address else 24}", strict=False))
    except ValueError:  # no address: a socket of this machine
        return address


def _key(sender: str, recipient: str) -> bytes:
    return hashlib.blake2b(f"{sender}\n{recipient}".lower().encode(), digest_size=16).digest()


def ask(tx: Session, asked: Asked) -> int:
    """Seconds that the client has yet to wait, 0 when it may pass. Writes down that it has been here."""
    mine = {"of": asked.network, "keys": [NETWORK, *asked.keys], "now": asked.now}
    tx.connection().execute(_FORGET, mine)
    known = _known(tx, asked)
    if _is_known(known):
        _pass(tx, asked, [NETWORK])
        return 0
    _add(tx, asked, [key for key in asked.keys if key not in known], RETRY)
    wait = _wait(known, asked)
    if wait:
        return wait
    _pass(tx, asked, asked.keys)
    fresh = sum(not known[key].passes for key in asked.keys)
    if fresh:  # each pair that passes for the first time speaks for the network
        _add(tx, asked, [NETWORK], KNOWN)
        _pass(tx, asked, [NETWORK], fresh)
    return 0


def left(tx: Session, asked: Asked) -> int:
    """What `ask` would answer; nothing is written down."""
    known = _known(tx, asked)
    return 0 if _is_known(known) else _wait(known, asked)


def _known(tx: Session, asked: Asked) -> dict[bytes, Row[Any, Any, Any, Any]]:
    wanted = {"of": asked.network, "keys": [NETWORK, *asked.keys]}
    return {bytes(row.key): row for row in tx.connection().execute(_FIND, wanted) if row.until > asked.now}


def _is_known(known: dict[bytes, Row[Any, Any, Any, Any]]) -> bool:
    return NETWORK in known and known[NETWORK].passes >= ENOUGH


def _wait(known: dict[bytes, Row[Any, Any, Any, Any]], asked: Asked) -> int:
    since = [known[key].first_at if key in known else asked.now for key in asked.keys]
    return max(0, max(since, default=0) + asked.delay - asked.now)


def _add(tx: Session, asked: Asked, keys: Sequence[bytes], seconds: int) -> None:
    row = {"of": asked.network, "now": asked.now, "then": asked.now + seconds}
    if keys:
        tx.connection().execute(_ADD, [{**row, "row_key": key} for key in keys])


def _pass(tx: Session, asked: Asked, keys: Sequence[bytes], more: int = 1) -> None:
    row = {"of": asked.network, "more": more, "then": asked.now + KNOWN}
    if keys:
        tx.connection().execute(_PASS, [{**row, "row_key": key} for key in keys])


def sweep(tx: Session, now: int) -> int:
    """Forget some of those whose time is over; how many."""
    some = select(_row.network, _row.key).where(_row.until <= now).limit(BATCH)
    gone = [(row.network, row.key) for row in tx.connection().execute(some)]
    for start in range(0, len(gone), 200):
        these = [and_(_row.network == network_, _row.key == key) for network_, key in gone[start : start + 200]]
        tx.connection().execute(delete(Greylisted).where(or_(*these)))
    return len(gone)
