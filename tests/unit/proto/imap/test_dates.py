"""Days and moments on the wire."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap.dates import parse_date, parse_date_time


def test_a_day() -> None:
    assert parse_date(b"1-feb-2023") == date(2023, 2, 1)


def test_a_moment() -> None:
    moment = datetime(1996, 7, 7, 2, 44, 25, tzinfo=timezone(timedelta(hours=-7)))
    assert parse_date_time(b" 7-Jul-1996 02:44:25 -0700") == moment


@pytest.mark.parametrize(
    "text",
    [b"", b"7-Jul-1996", b"32-Jul-1996 02:44:25 -0700", b"7-Foo-1996 02:44:25 -0700", b"7-Jul-1996 25:44:25 -0700",
     b"7-Jul-1996 02:44:25 -9900", b" 1-Jan-0001 00:00:00 +0100", b"31-Dec-9999 23:59:59 -0100"],
)  # fmt: skip
def test_no_moment(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_date_time(text)
