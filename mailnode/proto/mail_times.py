"""The times that a client may give a message: not before (FUTURERELEASE) and not after (DELIVERBY).

HOLDFOR and HOLDUNTIL say when the message may leave, BY by when it must have arrived and what is to
happen where it has not: ``R`` gives it back, ``N`` keeps trying and tells the sender.

RFC 4865 §4 (HOLDFOR, HOLDUNTIL), RFC 3339 §5.6 (date-time); RFC 2852 §4 (BY).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailnode.proto.replies import Refused

MAX_SECONDS = 999_999_999  # nine digits

_SECONDS = re.compile(r"[0-9]{1,9}\Z")
_BY = re.compile(r"([+-]?[0-9]{1,9});([RN])(T?)\Z", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeliverBy:
    """``seconds`` from now; below zero where the time was over when the message came."""

    seconds: int
    mode: Literal["R", "N"]
    trace: bool = False

    def __str__(self) -> str:
        """As the parameter's value on the wire."""
        return f"{self.seconds};{self.mode}{'T' if self.trace else ''}"

    @property
    def missed(self) -> bool:
        """True where the message must not be delivered any more."""
        return self.mode == "R" and self.seconds <= 0


def parse_hold_for(value: str) -> int:
    """Seconds to wait (RFC 4865 §4). Raises Refused."""
    if not _SECONDS.match(value):
        raise Refused(501, "5.5.4", "HOLDFOR must be a number of seconds")
    return int(value)


def parse_hold_until(value: str) -> datetime:
    """The moment until which to wait, with its zone. Raises Refused."""
    try:
        if not _MOMENT.match(value):
            raise ValueError
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise Refused(501, "5.5.4", "HOLDUNTIL must be a date and time as RFC 3339 has it") from None


def parse_by(value: str) -> DeliverBy:
    """by-time ";" by-mode [by-trace] (RFC 2852 §4). Raises Refused."""
    match = _BY.match(value)
    if match is None:
        raise Refused(501, "5.5.4", "BY must be seconds, a semicolon and R or N")
    by = DeliverBy(int(match[1]), "R" if match[2].upper() == "R" else "N", bool(match[3]))
    if by.missed:
        raise Refused(501, "5.5.4", "BY with R needs a time that is still to come")
    return by
