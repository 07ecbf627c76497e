"""A waiter hears of a change by itself, whichever process made it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailnode.offload import Offload
from mailnode.store import messages
from mailnode.store.opening import open_store
from mailnode.store.waker import Waker
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail


class Heard:
    """A waiter that counts how often it was called back."""

    def __init__(self, waker: Waker, user_id: int) -> None:
        self.times = 0
        self._called = asyncio.Event()
        self.end = waker.subscribe(user_id, self._call)

    def _call(self) -> None:
        self.times += 1
        self._called.set()

    async def wait(self, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            await self._called.wait()


@asynccontextmanager
async def woken(store: Store) -> AsyncIterator[tuple[Offload, Waker]]:
    offload = Offload(store.engine)
    waker = Waker(offload)
    waker.start(asyncio.get_running_loop())
    try:
        yield offload, waker
    finally:
        waker.stop()
        offload.close()


async def deliver(offload: Offload, user_id: int) -> None:
    await offload.write(lambda tx: messages.append(tx, user_id, "INBOX", mail()))


def test_a_change_of_this_process_is_heard(store: Store, user_id: int) -> None:
    async def run() -> None:
        async with woken(store) as (offload, waker):
            heard = Heard(waker, user_id)
            await deliver(offload, user_id)
            await heard.wait()

    asyncio.run(run())


def test_a_change_of_another_process_is_heard(store: Store, user_id: int) -> None:
    """The first may come before anybody listens to PostgreSQL, so there are several."""

    async def run() -> int:
        other = Offload(open_store(store.settings))
        async with woken(store) as (_, waker):
            heard = Heard(waker, user_id)
            for _ in range(60):
                await deliver(other, user_id)
                try:
                    await heard.wait(1)
                    break
                except TimeoutError:
                    continue
        other.close()
        return heard.times

    assert asyncio.run(run())


def test_nobody_hears_of_another_users_mail(store: Store, user_id: int) -> None:
    other = add_user(store, "other")

    async def run() -> int:
        async with woken(store) as (offload, waker):
            one, two = Heard(waker, other), Heard(waker, user_id)
            await deliver(offload, user_id)
            await two.wait()
            return one.times

    assert asyncio.run(run()) == 0


def test_who_begins_to_wait_sees_that_something_has_changed(store: Store, user_id: int) -> None:
    """Nobody is called for a change that came before, so whoever has looked before it must see that it came."""

    async def run() -> tuple[int, int, int]:
        async with woken(store) as (offload, waker):
            Heard(waker, add_user(store, "other"))  # so that what others do is looked for already
            before = waker.heard
            await deliver(offload, user_id)
            one = Heard(waker, user_id)
            return before, waker.heard, one.times

    before, after, times = asyncio.run(run())
    assert after > before
    assert times == 0


def test_after_unsubscribing_nobody_is_called(store: Store, user_id: int) -> None:
    async def run() -> int:
        async with woken(store) as (offload, waker):
            one, two = Heard(waker, user_id), Heard(waker, user_id)
            one.end()
            await deliver(offload, user_id)
            await two.wait()
            return one.times

    assert asyncio.run(run()) == 0
