"""Keep the history in order: bring its last rows into the index, and forget the oldest.

Both go a few hundred rows at a time, each time in a transaction of a few milliseconds, so that no mail waits; and
a burst of mail is let pass by (`lull`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial

from mailnode import log
from mailnode.history import forgetting, indexing
from mailnode.node.lull import Lull
from mailnode.offload import Offload
from mailnode.settings import Settings

INTERVAL = 2.0  # seconds between two looks
FORGETTING = 600.0  # seconds between two rounds
_log = log.get("history")


async def run(offload: Offload, settings: Settings, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set; one process of a node runs this."""
    next_round = time.monotonic()
    lull = Lull(offload, stop)
    while not stop.is_set():
        try:
            lull.begin()
            await catch_up(offload, stop, lull)
            if time.monotonic() >= next_round:
                next_round = time.monotonic() + FORGETTING
                await forget(offload, settings)
        except Exception:  # the next look may find the database well again
            _log.exception("history not kept in order")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), INTERVAL)


async def catch_up(offload: Offload, stop: asyncio.Event, lull: Lull) -> None:
    """Index what has come, where that is worth while."""
    while not stop.is_set() and await offload.read(indexing.is_behind):
        await lull.wait()
        step = partial(indexing.extend, settled_to=await offload.read(indexing.settled))
        while not stop.is_set() and await offload.write(step) == indexing.AT_ONCE:
            pass


async def forget(offload: Offload, settings: Settings) -> int:
    """Forget what is older than the settings say; gives how many rows."""
    rows, now = 0, int(time.time())
    days, refused_days = settings.history_days, settings.history_refused_days
    while done := await offload.write(lambda tx: forgetting.prune(tx, now, days=days, refused_days=refused_days)):
        rows += done
    return rows
