"""Whose message it is, for signing; and that what is signed is what leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mailnode.database import utcnow
from mailnode.directory import edit
from mailnode.dispatch.content import Contents, author_domain
from mailnode.group_commit import Step, T
from mailnode.offload import Offload
from mailnode.queue import spool
from mailnode.queue.envelope import Recipient
from tests.support.store import Store


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (b"From: A <a@Example.COM>", "example.com"),
        ("From: Bücher <a@bücher.example>".encode(), "xn--bcher-kva.example"),
        (b"From: Team: a@one.example, b@two.example;", "one.example"),
        (b"Subject: no author", ""),
        (b"From: nobody", ""),
        (b"From: <a@[192.0.2.1]>", ""),
        (b"From: \xff\xfe@\x00", ""),
    ],
)
def test_the_domain_of_the_author(header: bytes, domain: str) -> None:
    assert author_domain(header + b"\r\n\r\ntext") == domain


def test_line_ends_are_made_before_it_is_signed(sqlite_store: Store) -> None:
    """Else they would be made on the way, and the signature would be of another message."""
    with sqlite_store.write() as tx:
        edit.create_domain(tx, "example.com")
        raw, to = b"From: ann@example.com\nSubject: x\n\none\rtwo\n", Recipient("bob@remote.example")
        spool.enqueue(tx, sender="ann@example.com", recipients=[to], raw=raw, sign=True, now=utcnow())
        [claim] = spool.claim(tx, "one", utcnow(), limit=1, lease=60)
    offload = Offload(sqlite_store.engine)
    content = asyncio.run(Contents(offload, "mail.example.com").load(claim))
    offload.close()
    assert content.startswith(b"DKIM-Signature:")
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")


@pytest.mark.parametrize("segment", ["gone", None], ids=["moved", "there"])
def test_what_has_been_moved_since_it_was_claimed_is_read_where_it_is(sqlite_store: Store, segment: str | None) -> None:
    raw, to = b"Subject: x\r\n\r\ntext\r\n", Recipient("bob@remote.example")
    with sqlite_store.write() as tx:
        spool.enqueue(tx, sender="ann@example.com", recipients=[to], raw=raw, now=utcnow())
        [claim] = spool.claim(tx, "one", utcnow(), limit=1, lease=60)
    place = claim.envelope.place
    assert place is not None
    if segment is not None:
        claim = replace(claim, envelope=replace(claim.envelope, place=replace(place, segment=segment)))
    offload = Offload(sqlite_store.engine)
    content = asyncio.run(Contents(offload, "mail.example.com").load(claim))
    offload.close()
    assert content == raw


def test_a_database_that_fails_behind_the_reading_keeps_nobody_waiting(sqlite_store: Store) -> None:
    class Failing(Offload):
        async def read(self, step: Step[T]) -> T:
            await super().read(step)
            raise OSError("the connection was lost")

    with sqlite_store.write() as tx:
        raw, to = b"Subject: x\r\n\r\ntext\r\n", Recipient("bob@remote.example")
        spool.enqueue(tx, sender="ann@example.com", recipients=[to], raw=raw, sign=True, now=utcnow())
        [claim] = spool.claim(tx, "one", utcnow(), limit=1, lease=60)
    offload = Failing(sqlite_store.engine)
    with pytest.raises(OSError, match="lost"):
        asyncio.run(asyncio.wait_for(Contents(offload, "mail.example.com").load(claim), 60))
    offload.close()
