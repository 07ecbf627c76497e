"""The worker that gives space back: forgets the past, sweeps, compacts and removes, a little at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.delivery import quarantine
from mailnode.mx import greylist
from mailnode.offload import Offload
from mailnode.store import retention, sweep
from mailnode.store.blobs.segments import Segments
from mailnode.store.opening import blobs_of

INTERVAL = 600.0  # seconds between two rounds
_log = log.get("sweeper")


async def run(offload: Offload, stop: asyncio.Event, quarantine_size: int = 0) -> None:
    """Sweep now and then until ``stop`` is set; one process of a node runs this.

    ``quarantine_size``: bytes that may be kept back, 0: any number.
    """
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), INTERVAL)
        if not stop.is_set():
            try:
                await sweep_once(offload, quarantine_size)
            except Exception:
                _log.exception("sweep failed")


async def sweep_once(offload: Offload, quarantine_size: int = 0) -> None:
    """One round: every batch is a transaction of its own, so that writers wait for none of it long."""
    await _forget(offload)
    await _forget_strangers(offload, quarantine_size)
    bodies = size = 0
    while (done := await offload.write(sweep.sweep)).bodies:
        bodies, size = bodies + done.bodies, size + done.size
    for name in await offload.read(_sparse):
        await offload.write(lambda tx, name=name: sweep.compact(tx, name))  # type: ignore[misc]
    removed = await offload.write(sweep.remove_empty)
    if bodies or removed:
        _log.info("space given back", bodies=bodies, bytes=size, segments=len(removed))


async def _forget(offload: Offload) -> None:
    """The changes that are older than their domain's retention, with the messages that were kept for them."""
    now, after, rows = int(time.time()), 0, 0
    while due := await offload.read(lambda tx, after=after: retention.due(tx, now, after=after)):  # type: ignore[misc]
        for one in due:
            while done := await offload.write(lambda tx, one=one: retention.prune(tx, one)):  # type: ignore[misc]
                rows += done
            after = one.user_id
    if rows:
        _log.info("past forgotten", rows=rows)


async def _forget_strangers(offload: Offload, quarantine_size: int) -> None:
    """The attempts of those who never came again, and what nobody has let out of quarantine in time."""
    now = int(time.time())
    while await offload.write(lambda tx: greylist.sweep(tx, now)):
        pass
    while await offload.write(lambda tx: quarantine.sweep(tx, now)):
        pass
    while await offload.write(lambda tx: quarantine.make_room(tx, quarantine_size)):
        pass


def _sparse(tx: Session) -> list[str]:
    segments = blobs_of(tx)
    return sweep.sparse_segments(tx, segments) if isinstance(segments, Segments) else []
