"""The reader of reports about our domains: in the index process, in the time that nobody else wants."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from mailnode import log
from mailnode.node.indexer import be_idle
from mailnode.offload import Offload
from mailnode.reports import intake

INTERVAL = 10.0  # seconds between two looks
KEPT = 400 * 86_400  # seconds: a year can be compared with the one before
ROUND = 3600.0  # seconds between two looks for what is too old
_log = log.get("reporter")


async def run(offload: Offload, stop: asyncio.Event) -> None:
    """Read until ``stop`` is set; one process of a node runs this."""
    next_round = 0.0
    idle = ThreadPoolExecutor(1, "reporter", initializer=be_idle)
    try:
        while not stop.is_set():
            try:
                while await read_some(offload, idle) and not stop.is_set():
                    pass
                if time.monotonic() >= next_round:
                    await forget(offload)
                    next_round = time.monotonic() + ROUND
            except Exception:  # the next look may find the database well again
                _log.exception("reports not read")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), INTERVAL)
    finally:
        idle.shutdown()


async def read_some(offload: Offload, idle: ThreadPoolExecutor) -> bool:
    """Read what waits, some of it; False when nothing did."""
    found = await offload.read(intake.waiting)
    for one in found:
        try:
            for report in await offload.run_on(idle, partial(intake.read, one)):
                await offload.write(partial(intake.keep, domain_id=one.domain_id, report=report))
        except Exception:  # it would come first again and again
            _log.exception("a report was thrown away", domain=one.domain)
        await offload.write(partial(intake.end, one=one))
    return bool(found)


async def forget(offload: Offload) -> None:
    older_than = int(time.time()) - KEPT
    while await offload.write(partial(intake.forget, older_than=older_than)):
        pass
