"""The learner of the index process: it learns what is taught, goes on where it was, and learns nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mailnode.learning import teaching
from mailnode.learning.teaching import Status
from mailnode.node import learner
from mailnode.node.learner import READER, Learner
from mailnode.offload import Offload
from tests.support.store import Store
from tests.unit.learning.taught import junk_mail, move_all, moved, put
from tests.unit.store.conftest import add_user


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread takes its share of a machine that other tests keep busy."""
    monkeypatch.setattr(learner, "be_idle", lambda: None)


def beside(store: Store, work: Callable[[Learner], Awaitable[None]]) -> None:
    """Run ``work`` with a learner that looks when it is told to."""

    async def within() -> None:
        offload = Offload(store.engine)
        one = Learner(offload, asyncio.Event())
        try:
            await work(one)
        finally:
            one.close()
            offload.close()

    asyncio.run(within())


def status(store: Store, user_id: int) -> Status:
    with store.read() as tx:
        return teaching.status(tx, user_id)


def test_it_learns_what_is_taught_while_it_looks(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "NEW", 0)
    put(store, user_id, "Junk", junk_mail(100))  # before it began

    async def work(one: Learner) -> None:
        await one.look()
        await asyncio.to_thread(move_all, store, user_id, 12, 11)
        await one.look()
        await one.look()

    beside(store, work)
    found = status(store, user_id)
    assert (found.junk, found.wanted, found.judges) == (12, 11, True)


def test_a_new_installation_is_learned_from_its_beginning(store: Store, user_id: int) -> None:
    moved(store, user_id, put(store, user_id, "INBOX", junk_mail(1)), "Junk")

    async def look(one: Learner) -> None:
        await one.look()

    beside(store, look)
    assert status(store, user_id).junk == 1


def test_what_happens_while_nobody_looks_is_learned_later_and_once(store: Store, user_id: int) -> None:
    async def look(one: Learner) -> None:
        await one.look()

    beside(store, look)
    one = put(store, user_id, "INBOX", junk_mail(1))
    moved(store, user_id, one, "Junk")
    beside(store, look)
    beside(store, look)
    assert status(store, user_id).junk == 1
    with store.read() as tx:
        assert teaching.place_in_journal(tx, READER) is not None


def test_a_user_who_cannot_be_taught_keeps_nobody_else_from_it(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = add_user(store, "two")
    plan = teaching.plan

    def failing(tx: object, user_id: int, lessons: object) -> object:
        if user_id != other:
            raise OSError("no such disk")
        return plan(tx, user_id, lessons)  # type: ignore[arg-type]

    async def work(one: Learner) -> None:
        await one.look()
        for owner in (user_id, other):
            moved(store, owner, put(store, owner, "INBOX", junk_mail(1)), "Junk")
        monkeypatch.setattr(teaching, "plan", failing)
        await one.look()

    beside(store, work)
    assert (status(store, user_id).junk, status(store, other).junk) == (0, 1)


def test_it_ends_when_it_is_told_to(store: Store) -> None:
    async def within() -> None:
        offload, stop = Offload(store.engine), asyncio.Event()
        task = asyncio.create_task(learner.run(offload, stop))
        await asyncio.sleep(0)
        stop.set()
        await task
        offload.close()

    asyncio.run(within())
