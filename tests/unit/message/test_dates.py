"""Dates as they come: mailnode.message.dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailnode.message.dates import date, utc

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        b"Wed, 25 Nov 2026 12:00:00 +0000",
        b"Wed, 25 Nov 2026 20:00:00 +0800 (CST)",
        b"25 Nov 2026 12:00 +0000",
        b"25 Nov 26 12:00:00 GMT",
        b"Wed, 25 Nov 2026 07:00:00 EST",
        b"Wed,25 Nov 2026 12:00:00 Z",
        b"wed, 25 nov 2026 12:00:00 ut",
        b"Wednesday, 25 November 2026 12:00:00 +00:00",
        b"Wed, 25-Nov-2026 12:00:00 -0000",
        b"Wed, 25 Nov 2026\r\n 12:00:00 +0000",
        b"(comment) Wed, 25 (day) Nov 2026 12.00.00 GMT+0000",
        b"Wed Nov 25 12:00:00 2026",
        b"Wed Nov 25 12:00:00 UTC 2026",
        b"Wed Nov 25 20:00:00 2026 +0800",
        b"2026-11-25T12:00:00Z",
        b"2026-11-25 20:00:00+08:00",
        b"Wed, 25 Nov 2026 12:00:00 Nowhere",
        b"Wed, 25 Nov 2026 12:00:00",
    ],
)
def test_forms_of_one_moment(value: bytes) -> None:
    assert utc(date(value)) == NOON


def test_offset_of_the_sender_is_kept() -> None:
    found = date(b"Wed, 25 Nov 2026 20:00:00 +0800")
    assert found
    assert found.utcoffset() == timedelta(hours=8)


def test_leap_second() -> None:
    found = date(b"Thu, 31 Dec 1998 23:59:60 +0000")
    assert found == datetime(1998, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("digits", "year"), [(b"49", 2049), (b"50", 1950), (b"99", 1999), (b"101", 2001)])
def test_short_years(digits: bytes, year: int) -> None:
    found = date(b"1 Jan " + digits + b" 00:00:00 +0000")
    assert found
    assert found.year == year


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"tomorrow",
        b"32 Nov 2026 12:00:00 +0000",
        b"25 Nev 2026 12:00:00 +0000",
        b"25 Nov 2026 25:00:00 +0000",
        b"25 Nov 2026 12:00:00 +9999",
        b"25 Nov 0000 12:00:00 +0000",
        b"0000-00-00T00:00:00Z",
    ],
)
def test_nonsense_is_none(value: bytes) -> None:
    assert date(value) is None


def test_edges_of_the_calendar_have_no_utc() -> None:
    assert utc(date(b"1 Jan 0001 00:00:00 +0800")) is None
    assert utc(None) is None
