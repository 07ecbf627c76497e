"""Filters asked in a test, as a door asks them."""

from __future__ import annotations

from typing import Any

import uvloop

from mailnode.filters.scan import Filters
from mailnode.filters.values import Asked, Scanned
from mailnode.octets import Octets
from mailnode.settings import Settings, parse_filter

LETTER = b"From: a@spammer.example\r\nTo: b@example.test\r\nSubject: x\r\nX-Evil: 1\r\n\r\n%s\r\n"


def settings(*filters: str, **more: Any) -> Settings:
    return Settings(hostname="mx.example.test", filters=tuple(map(parse_filter, filters)), **more)


def asked(content: Octets) -> Asked:
    return Asked(
        content,
        "a@spammer.example",
        ("b@example.test", "c@example.test"),
        "192.0.2.1",
        4711,
        hello="spammer.example",
        id="id1",
    )


def scan(settings: Settings, *contents: Octets) -> list[Scanned]:
    """Each of the messages one after the other, on the same connections where these are kept."""

    async def all_of_them() -> list[Scanned]:
        filters = Filters(settings)
        try:
            return [await filters.scan(asked(one)) for one in contents]
        finally:
            filters.close()

    return uvloop.run(all_of_them())  # as in production
