"""kill -9 of the queue process: nothing is lost, and at most one message of each open connection is doubled.

That one was on its way to the peer, or the peer's 250 on its way back, when the process died: nobody
can know whether it was taken (RFC 1047). All that was noted is sent once, recorded or not.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter

from mailnode.relay import pace
from tests.support.smtp_peer import Peer
from tests.support.store import Store
from tests.unit.dispatch.managing import enqueue, until, waiting

MESSAGES, KILLS = 300, 3


def left(store: Store) -> set[str]:
    return {recipient.address for row in waiting(store) for recipient in row.recipients}


async def start(store: Store, peer: Peer) -> asyncio.subprocess.Process:
    arguments = ["-m", "tests.unit.dispatch.managing_process", str(store.settings.data_dir), str(peer.port)]
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )


async def killed_again_and_again(store: Store, peer: Peer) -> None:
    """Let the queue run empty over several deaths."""
    for death in range(1, KILLS + 1):
        process = await start(store, peer)
        await until(lambda goal=death * MESSAGES // (KILLS + 1): len(peer.taken) >= goal, 120)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await asyncio.sleep(0.2)  # what the dead process has sent is still being read
    process = await start(store, peer)
    await until(lambda: not left(store), 120)
    process.terminate()
    await process.wait()


def test_nothing_is_lost_and_nothing_noted_is_doubled(sqlite_store: Store) -> None:
    addresses = [f"b{number}@[127.0.0.1]" for number in range(MESSAGES)]
    for address in addresses:
        enqueue(sqlite_store, address)

    async def go() -> Counter[str]:
        async with Peer() as peer:
            peer.delay = 0.005
            await killed_again_and_again(sqlite_store, peer)
            return Counter(taken.recipients[0] for taken in peer.taken)

    taken = asyncio.run(go())
    assert set(taken) == set(addresses)
    doubled = sum(times - 1 for times in taken.values())
    assert doubled <= KILLS * pace.MOST, "more than one for each connection that was open at a death"
