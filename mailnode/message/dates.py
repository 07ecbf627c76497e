"""Dates in header fields: RFC 5322 §3.3 with its obsolete forms (§4.3), asctime, ISO 8601, and sloppy mixes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from mailnode.message.encoded_words import unfold

_MONTHS = {
    name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
# RFC 5322 §4.3: military letters and unknown names count as -0000.
_ZONES = {b"EDT": -4, b"EST": -5, b"CDT": -5, b"CST": -6, b"MDT": -6, b"MST": -7, b"PDT": -7, b"PST": -8}
_ZONES |= {b"CET": 1, b"CEST": 2, b"MET": 1, b"MEST": 2, b"EET": 2, b"EEST": 3, b"MSK": 3, b"JST": 9, b"KST": 9}

MAX_DATE = 300  # octets that are looked at
_PARENTHESIS = ord("(")
_COMMENT = re.compile(rb"\([^()]*+\)")
_CLOCK = rb"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d{1,9})?)?"
_ZONE = rb"(?:[ \t]*+((?:GMT|UTC|UT)?[+-]\d\d:?\d\d|[A-Za-z]{1,5}))?"
_COMMON = re.compile(
    rb"(?:[A-Za-z]{2,9}[.,]{0,2}\s*+)?,?\s*+(\d{1,2})(?:\s++|-|/)([A-Za-z]{3})[a-z]{0,6}\.?(?:\s++|-|/|,)\s*+"
    rb"(\d{2,4}),?\s++" + _CLOCK + _ZONE
)
_ASCTIME = re.compile(
    rb"[A-Za-z]{3,9},?\s++([A-Za-z]{3})[a-z]{0,6}\s++(\d{1,2}),?\s++" + _CLOCK + _ZONE + rb"\s++(\d{4})" + _ZONE
)
_ISO = re.compile(rb"(\d{4})-(\d\d)-(\d\d)(?:[Tt]|\s++)" + _CLOCK + _ZONE)


def date(value: bytes) -> datetime | None:
    """The moment, with the sender's offset (UTC where none is given), or None when it says nothing."""
    text = value[:MAX_DATE]
    text = unfold(_COMMENT.sub(b" ", text) if _PARENTHESIS in text else text)
    try:
        return _parse(text)
    except (ValueError, OverflowError):
        return None


def utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC; None at the very edges of the calendar, where it does not fit."""
    try:
        return moment.astimezone(UTC) if moment else None
    except OverflowError:
        return None


def moment(value: bytes) -> datetime | None:
    """`date` in UTC, of a field."""
    return _moment_of(value[:MAX_DATE])


@lru_cache(256)
def _moment_of(value: bytes) -> datetime | None:
    """What comes together was often written in the same second."""
    return utc(date(value))


def _parse(text: bytes) -> datetime | None:
    if found := _COMMON.match(text):
        day, month, year, hour, minute, second, zone = found.groups()
        return _moment(_year(year), _MONTHS.get(month.lower(), 0), day, (hour, minute, second), zone)
    if found := _ASCTIME.match(text):
        month, day, hour, minute, second, early, year, late = found.groups()
        return _moment(int(year), _MONTHS.get(month.lower(), 0), day, (hour, minute, second), early or late)
    if found := _ISO.match(text):
        year, number, day, hour, minute, second, zone = found.groups()
        return _moment(int(year), int(number), day, (hour, minute, second), zone)
    return None


def _moment(
    year: int, month: int, day: bytes, clock: tuple[bytes, bytes, bytes | None], zone: bytes | None
) -> datetime:
    hour, minute, second = int(clock[0]), int(clock[1]), int(clock[2] or 0)
    # A leap second is told as the second before it; datetime has no 60.
    return datetime(year, month, int(day), hour, minute, min(second, 59), tzinfo=_zone(zone))


def _year(digits: bytes) -> int:
    """RFC 5322 §4.3: two digits below 50 are of this century, three digits count from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


@lru_cache(maxsize=256)
def _zone(zone: bytes | None) -> timezone:
    if not zone:
        return UTC
    at = max(zone.find(b"+"), zone.find(b"-"))
    if at < 0:
        return timezone(timedelta(hours=_ZONES.get(zone.upper(), 0)))
    digits = zone[at + 1 :].replace(b":", b"")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[at : at + 1] == b"-" else offset)
