"""A waiter hears of a change within 250 ms, whichever process made it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from mailnode.offload import Offload
from mailnode.store import messages
from mailnode.store.opening import open_store
from mailnode.store.waker import Waker
from tests.support.store import Store
from tests.unit.store.mail import mail

SOON = 0.25  # seconds: promise 2


async def heard(store: Store, user_id: int, change: Callable[[Offload], Awaitable[object]]) -> list[float]:
    """When the user's waiter was called back, in seconds after the change was committed."""
    offload = Offload(store.engine)
    waker = Waker(offload)
    waker.start(asyncio.get_running_loop())
    await asyncio.sleep(0.3)
    calls: list[float] = []
    end = waker.subscribe(user_id, lambda: calls.append(time.monotonic()))
    await change(offload)
    done = time.monotonic()
    await asyncio.sleep(SOON)
    end()
    waker.stop()
    offload.close()
    return [call - done for call in calls]


def test_a_change_of_this_process_is_heard(store: Store, user_id: int) -> None:
    async def change(offload: Offload) -> object:
        return await offload.write(lambda tx: messages.append(tx, user_id, "INBOX", mail()))

    calls = asyncio.run(heard(store, user_id, change))
    assert calls
    assert min(calls) < SOON


def test_a_change_of_another_process_is_heard(store: Store, user_id: int) -> None:
    async def change(_: Offload) -> object:
        other = Offload(open_store(store.settings))
        done = await other.write(lambda tx: messages.append(tx, user_id, "INBOX", mail()))
        other.close()
        return done

    assert asyncio.run(heard(store, user_id, change))


def test_nobody_hears_of_another_users_mail(store: Store, user_id: int) -> None:
    async def change(offload: Offload) -> object:
        return await offload.write(lambda tx: messages.append(tx, user_id, "INBOX", mail()))

    assert asyncio.run(heard(store, user_id + 1000, change)) == []


def test_after_unsubscribing_nobody_is_called(store: Store, user_id: int) -> None:
    async def run() -> list[int]:
        offload = Offload(store.engine)
        waker = Waker(offload)
        waker.start(asyncio.get_running_loop())
        calls: list[int] = []
        waker.subscribe(user_id, lambda: calls.append(1))()
        await offload.write(lambda tx: messages.append(tx, user_id, "INBOX", mail()))
        await asyncio.sleep(0.2)
        waker.stop()
        offload.close()
        return calls

    assert asyncio.run(run()) == []
