"""What search asks of the header lines that were kept at delivery: address lists, and the day in the Date field.

An address list is searched as it is read and as it is written: comments may stand in the middle of an address
(RFC 5322 §3.4), and the names of groups are in no address. Most lists are decided by looking at their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC

from mailnode.message import headers
from mailnode.message.addresses import ADDRESS_LISTS, addresses
from mailnode.message.casemap import casemap
from mailnode.message.headers import decode_text


def folded(text: str) -> str:
    """How both sides are compared: by i;unicode-casemap (RFC 5255 §4.4), blanks as one."""
    return " ".join(casemap(text).split())


def field_test(name: bytes, wanted: str) -> Callable[[bytes], bool]:
    """Whether some field of this name has the wanted text (folded already; "" asks for the field alone)."""
    values = _values(name)
    needle = wanted.encode("ascii") if wanted.isascii() and " " not in wanted else None
    in_list = name in ADDRESS_LISTS

    def test(head: bytes) -> bool:
        return any(not wanted or _holds(value, wanted, needle, in_list) for value in values(head))

    return test


def field_values(name: bytes) -> Callable[[bytes], list[str]]:
    """What the fields of this name say, decoded."""
    values = _values(name)
    return lambda head: [*map(decode_text, values(head))]


def _values(name: bytes) -> Callable[[bytes], list[bytes]]:
    return re.compile(rb"^%b[ \t]*+:((?:[^\n]*+\n[ \t])*+[^\n]*+)" % re.escape(name), re.M | re.I).findall


def _holds(value: bytes, wanted: str, needle: bytes | None, in_list: bool) -> bool:
    if needle is not None and b"=?" not in value and value.isascii():
        if needle in value.upper():
            return True
        if b"(" not in value:
            return False
    if wanted in folded(decode_text(value)):
        return True
    return in_list and b"(" in value and any(wanted in folded(str(each)) for each in addresses(value))


def sent_day(head: bytes) -> int | None:
    """The Date field's day and time as they stand there, the zone passed over (RFC 9051 §6.4.4): seconds since the
    epoch as if they were in UTC."""
    value = headers.get(head, b"date")
    moment = headers.date(value) if value is not None else None
    return int(moment.replace(tzinfo=UTC).timestamp()) if moment is not None else None
