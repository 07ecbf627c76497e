"""A DNS that is slow about some domains keeps the mail of no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.relay.room import Rooms
from mailnode.relay.route import Host, Route
from tests.support.smtp_peer import Peer
from tests.unit.relay.relaying import FixedRouter, Relaying

GOOD, LATE = "good.example", Deferred("4.4.3", "The DNS does not answer")


class SlowRouter(FixedRouter):
    """Finds nothing of domains other than the good one, and says so when it may."""

    __slots__ = ("asked", "may")
    asked: list[str]
    may: asyncio.Event

    def __init__(self, peer: Peer) -> None:
        super().__init__(Route((Host("mx.test", "127.0.0.1", peer.port),)))
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "may", asyncio.Event())

    async def route(self, destination: str) -> Route | Deferred | Failed:
        self.asked.append(destination)
        if destination == GOOD:
            return await super().route(destination)
        await self.may.wait()
        return LATE


def with_slow(test: Callable[[SlowRouter, Relaying], Awaitable[None]]) -> None:
    """A relay with one place for a connection, on the way to slow domains with several messages each."""

    async def go() -> None:
        async with Peer({}) as peer:
            router = SlowRouter(peer)
            relaying = Relaying(router=router, places=1)
            relaying.relay.means.rooms = Rooms(1, 1)
            relaying.relay.means.looks = asyncio.Semaphore(4)
            for number in range(1, 7):
                relaying.send("a@slow.example", number=number, destination=f"slow{number % 3}.example")
            await test(router, relaying)
            router.may.set()
            await relaying.close()

    uvloop.run(asyncio.wait_for(go(), 120))


async def ended(relaying: Relaying, number: int) -> Delivered | Deferred | Failed:
    while number * 1000 not in relaying.ended:
        await asyncio.sleep(0.01)
    return relaying.ended[number * 1000]


def test_who_looks_for_a_way_has_neither_place_nor_room() -> None:
    async def go(router: SlowRouter, relaying: Relaying) -> None:
        relaying.send("b@good.example", number=7, destination=GOOD)
        assert isinstance(await ended(relaying, 7), Delivered)
        assert list(relaying.ended) == [7000]

    with_slow(go)


def test_all_that_waits_for_the_way_ends_with_it() -> None:
    async def go(router: SlowRouter, relaying: Relaying) -> None:
        router.may.set()
        assert await relaying.outcomes() == [LATE] * 6

    with_slow(go)


def test_a_message_can_be_called_back_while_its_way_is_looked_for() -> None:
    async def go(router: SlowRouter, relaying: Relaying) -> None:
        await asyncio.sleep(0)
        assert relaying.relay.recall({1000, 2000}) == [1000, 2000]

    with_slow(go)


def test_the_way_that_was_found_is_not_looked_for_again() -> None:
    async def go(router: SlowRouter, relaying: Relaying) -> None:
        relaying.send("b@good.example", number=7, destination=GOOD)
        await ended(relaying, 7)
        assert router.asked.count(GOOD) == 1

    with_slow(go)


@pytest.mark.parametrize("where", ["route", "way_of"])
def test_a_bug_of_the_router_defers_the_message(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """And makes no carrier come after the other without end."""

    def bug(_self: object, _destination: str) -> None:
        raise RuntimeError("a bug of ours")

    async def go(router: SlowRouter, relaying: Relaying) -> None:
        monkeypatch.setattr(FixedRouter, where, bug)
        relaying.send("b@good.example", number=7, destination=GOOD)
        assert await ended(relaying, 7) == Deferred("4.3.0", "Internal error")

    with_slow(go)
