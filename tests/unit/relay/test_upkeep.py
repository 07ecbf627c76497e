"""What the relay looks after: transports are taken up, and what was counted is written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from mailnode.directory import transports
from mailnode.directory.transports import Exit
from mailnode.offload import Offload
from mailnode.relay import tls_results, upkeep
from mailnode.relay.demand import NONE
from mailnode.relay.tls_tally import DAY
from mailnode.relay.upkeep import Upkeep
from mailnode.resolver import Resolver
from tests.support.store import Store


def kept_up(store: Store, work: Callable[[Upkeep], Awaitable[None]]) -> None:
    async def go(offload: Offload) -> None:
        made = Upkeep(store.settings, offload, Resolver(["127.0.0.1:1"], timeout=0.1, lifetime=0.1))
        now = time.time()
        made.tally.clock = lambda: now  # what it counts belongs to a day, which may end meanwhile
        await work(made)
        await made.close()

    offload = Offload(store.engine)
    try:
        uvloop.run(asyncio.wait_for(go(offload), 60))
    finally:
        offload.close()


def counted(store: Store, made: Upkeep) -> list[int]:
    with store.read() as tx:
        found = tls_results.results(tx, "a.test", int(made.tally.clock() // DAY))
    return [number for rows in found.values() for _, number in rows]


def test_a_transport_is_taken_up_by_the_next_round(sqlite_store: Store) -> None:
    async def work(made: Upkeep) -> None:
        await made.round()
        assert made.router.lane_of("a.test") == "a.test"
        with sqlite_store.write() as tx:
            transports.put(tx, Exit("*", "out.test"))
        await made.round()
        assert made.router.lane_of("a.test") == "transport *"

    kept_up(sqlite_store, work)


def test_counts_are_written_down_at_the_end(store: Store) -> None:
    counts: list[Upkeep] = []

    async def work(made: Upkeep) -> None:
        counts.append(made)
        made.tally.add("a.test", "mx.a.test", "192.0.2.1", NONE)
        await made.round()
        assert counted(store, made) == []  # not yet

    kept_up(store, work)
    assert counted(store, counts[0]) == [1]


def test_counts_that_cannot_be_written_are_kept(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("not now")

    async def work(made: Upkeep) -> None:
        made.tally.add("a.test", "mx.a.test", "192.0.2.1", NONE)
        with monkeypatch.context() as patched:
            patched.setattr(upkeep.tls_results, "add", refuse)
            with pytest.raises(ValueError, match="not now"):
                await made.write()
        await made.write()
        assert counted(sqlite_store, made) == [1]

    kept_up(sqlite_store, work)
