"""Addresses that bring back what bounces: the sender of a message that an alias forwards to somebody elsewhere.

The next host asks the DNS whether we may send for the domain in MAIL FROM (RFC 7208 §2.4), and we may not for a
stranger's. So the sender becomes an address in the alias' own domain which names the stranger and carries a proof that
we made it: ``SRS0=proof=day=example.com=name``, as the Sender Rewriting Scheme has it. A bounce to it goes on to the
stranger for `DAYS`; without the proof it is nobody's address, so nobody is forwarded to who did not write to us. One
that another forwarder has rewritten becomes ``SRS1=proof=forwarder==…``, however many there are behind it.

What would pass the 64 octets of a local part (RFC 5321 §4.5.3.1.1), or would be no address, stays as it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory.addresses import normal
from mailnode.directory.models import Secret
from mailnode.directory.secrets import secret
from mailnode.errors import BadAddress

SECRET = "srs"  # noqa: S105  the name of one
DAYS = 21
MOST = 64  # octets of a local part
_ROUND = 1024  # days until the two letters of a day come again
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_FIRST, _FURTHER = "srs0", "srs1"


def is_rewritten(local: str) -> bool:
    """Whether a local part claims to be one of these."""
    return local[:4].lower() in (_FIRST, _FURTHER) and local[4:5] in ("=", "+", "-")


def forwarded(tx: Session, sender: str, domain: str, *, today: int | None = None) -> str:
    """The sender to give to the next host; needs a writing transaction. What cannot be rewritten stays."""
    if not sender:
        return ""
    key = secret(tx, SECRET)
    local, _, origin = sender.rpartition("@")
    if is_rewritten(local):
        first = local[:4].lower() == _FIRST
        behind = f"{origin}={local[4:]}" if first else local[5:].partition("=")[2]
        new = f"SRS1={_proof(key, behind)}={behind}"
    else:
        behind = f"{_day(_today() if today is None else today)}={origin}={local}"
        new = f"SRS0={_proof(key, behind)}={behind}"
    try:
        normal(f"{new}@{domain}")
    except BadAddress:  # a name that has to stand in quotes
        return sender
    return f"{new}@{domain}" if len(new.encode()) <= MOST else sender


def origin(tx: Session, local: str, *, today: int | None = None) -> str | None:
    """Whom a bounce to this local part is for; None where it is not one of ours, or too old."""
    key = tx.scalars(select(Secret.value).where(Secret.name == SECRET)).one_or_none()
    proof, _, behind = local[5:].partition("=")
    if key is None or not hmac.compare_digest(proof.lower().encode(), _proof(key, behind).encode()):
        return None
    if local[:4].lower() == _FURTHER:
        forwarder, _, rest = behind.partition("=")
        return f"SRS0{rest}@{forwarder}" if rest else None
    day, _, named = behind.partition("=")
    domain, _, name = named.partition("=")
    age = ((_today() if today is None else today) - _number(day)) % _ROUND
    return f"{name}@{domain}" if age <= DAYS and name and domain else None


def _proof(key: str, behind: str) -> str:
    """Thirty bits of a keyed hash; letters' case may be lost on the way."""
    made = hmac.new(key.encode(), behind.lower().encode(), hashlib.sha256).digest()
    return base64.b32encode(made[:5]).decode().lower()[:6]


def _today() -> int:
    return int(time.time()) // 86_400


def _day(number: int) -> str:
    number %= _ROUND
    return _LETTERS[number // 32] + _LETTERS[number % 32]


def _number(day: str) -> int:
    if len(day) != 2 or any(letter not in _LETTERS for letter in day.lower()):
        return -_ROUND
    high, low = (_LETTERS.index(letter) for letter in day.lower())
    return high * 32 + low
