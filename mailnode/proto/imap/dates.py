"""Days and moments as IMAP writes them.

    date      = date-text / DQUOTE date-text DQUOTE      date-text = 1*2DIGIT "-" date-month "-" 4DIGIT
    date-time = DQUOTE (SP DIGIT / 2DIGIT) "-" date-month "-" 4DIGIT SP 2DIGIT ":" 2DIGIT ":" 2DIGIT SP zone DQUOTE

RFC 9051 §9.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from mailnode.errors import ProtocolError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS = {name.lower().encode("ascii"): number for number, name in enumerate(_MONTHS, start=1)}
_DATE = re.compile(rb"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})")
_DATE_TIME = re.compile(
    rb"([ 0-9]?[0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"
)


def parse_date(text: bytes) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ProtocolError("A date such as 1-Feb-2023 was expected")
    try:
        return date(int(found[3]), _NUMBERS.get(found[2].lower(), 0), int(found[1]))
    except ValueError:
        raise ProtocolError("There is no such day") from None


def parse_date_time(text: bytes) -> datetime:
    """The text between the quotes. The value keeps the zone that was given."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ProtocolError('A date-time such as "17-Jul-1996 02:44:25 -0700" was expected')
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    day, month, year = int(found[1]), _NUMBERS.get(found[2].lower(), 0), int(found[3])
    try:
        zone = timezone(-offset if found[7] == b"-" else offset)
        moment = datetime(year, month, day, int(found[4]), int(found[5]), min(int(found[6]), 59), tzinfo=zone)
        moment.astimezone(UTC)  # the first and the last day of the calendar may fall off its end
    except (ValueError, OverflowError):
        raise ProtocolError("There is no such moment") from None
    return moment
