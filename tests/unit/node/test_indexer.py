"""The index worker: it catches up by itself, ends at any moment, and nobody waits for it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from mailnode.node import indexer, lull
from mailnode.node.indexer import be_idle
from mailnode.offload import Offload
from mailnode.store import mailboxes, messages, search
from mailnode.store import query as q
from mailnode.store.index import catalogue, filling
from mailnode.store.index.segment import Builder
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail

LOOK = 0.05  # seconds


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks often, and its thread takes its share of a machine that other tests keep busy."""
    monkeypatch.setattr(indexer, "INTERVAL", LOOK)
    monkeypatch.setattr(lull, "PATIENCE", LOOK)
    monkeypatch.setattr(indexer, "be_idle", lambda: None)


def indexed(store: Store, user_id: int) -> int:
    """How many messages are in the index."""
    with store.read() as tx:
        return sum(one.messages for one in catalogue.segments(tx, user_id))


async def until(fact: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(fact):
        assert time.monotonic() < end
        await asyncio.sleep(LOOK)


async def while_indexing(store: Store, work: Callable[[Offload], Any]) -> None:
    """Run ``work`` beside an index worker."""
    offload, stop = Offload(store.engine), asyncio.Event()
    task = asyncio.create_task(indexer.run(offload, stop))
    try:
        await work(offload)
    finally:
        stop.set()
        await task
        offload.close()


def test_it_catches_up_with_what_was_there_and_what_comes(store: Store, user_id: int) -> None:
    fill(store, user_id, filling.LEAST + 5)

    async def work(offload: Offload) -> None:
        await until(lambda: indexed(store, user_id) == filling.LEAST + 5)
        await asyncio.to_thread(fill, store, user_id, filling.LEAST)
        await until(lambda: indexed(store, user_id) == 2 * filling.LEAST + 5)

    asyncio.run(while_indexing(store, work))


def test_ended_in_the_middle_it_goes_on_where_it_was(store: Store, user_id: int) -> None:
    fill(store, user_id, 3 * filling.LEAST)

    async def killed() -> None:
        worker = indexer.Indexer(Offload(store.engine), asyncio.Event())
        task = asyncio.create_task(worker.visit_all())
        await asyncio.sleep(0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def work(offload: Offload) -> None:
        await until(lambda: indexed(store, user_id) == 3 * filling.LEAST)

    asyncio.run(killed())
    asyncio.run(while_indexing(store, work))
    with store.read() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        assert len(search.find(tx, user_id, inbox, q.BodyText("hello"))) == 3 * filling.LEAST


def test_it_outlives_a_database_that_fails(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, user_id, filling.LEAST)
    real, failures = filling.keep, [OSError("no")]

    def keep(*args: Any) -> bool:
        if failures:
            raise failures.pop()
        return real(*args)

    monkeypatch.setattr(filling, "keep", keep)
    monkeypatch.setattr(indexer, "ROUND", 0.0)

    async def work(offload: Offload) -> None:
        await until(lambda: indexed(store, user_id) == filling.LEAST)

    asyncio.run(while_indexing(store, work))


def test_a_user_who_cannot_be_indexed_keeps_nobody_else_out(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, real = add_user(store, "other"), filling.gather
    for owner in (user_id, other):
        fill(store, owner, filling.LEAST)

    def gather(builder: Builder, found: Sequence[filling.Text]) -> None:
        if found[0].message_id <= filling.LEAST:
            raise ValueError("a bug")
        real(builder, found)

    monkeypatch.setattr(filling, "gather", gather)

    async def work(offload: Offload) -> None:
        await until(lambda: indexed(store, other) == filling.LEAST)

    asyncio.run(while_indexing(store, work))
    assert indexed(store, user_id) == 0


def test_deliveries_do_not_wait_for_it(store: Store, user_id: int) -> None:
    """Each takes its turn with the write lock between the worker's, which are short: many are taken meanwhile."""
    fill(store, user_id, 10 * filling.LEAST)
    taken = 0

    async def work(offload: Offload) -> None:
        nonlocal taken
        others = Offload(store.engine)
        while indexed(store, user_id) < 10 * filling.LEAST:
            await others.write(lambda tx: messages.append(tx, user_id, "INBOX", mail(5000)))
            taken += 1
        others.close()

    asyncio.run(while_indexing(store, work))
    assert taken > 3


def test_its_thread_takes_only_idle_time() -> None:
    with ThreadPoolExecutor(1, initializer=be_idle) as pool:
        assert pool.submit(os.sched_getscheduler, 0).result() == os.SCHED_IDLE
    assert os.sched_getscheduler(0) != os.SCHED_IDLE
