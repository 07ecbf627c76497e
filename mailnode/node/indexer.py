"""The index worker: a process of its own that fills the search index when nothing else has work to do.

What takes time is done by one thread that gets only the time that nobody else wants (SCHED_IDLE); it holds no
transaction and no lock meanwhile. Bodies are read by threads that stand back but get some time, for they hold a
snapshot. The write lock is taken for a few milliseconds, once for some hundred messages, by the writer's thread, which
is as quick as everybody else's: so nobody waits for somebody who waits for time. And a burst of mail is let pass by
(see `lull`).

Nothing is lost when it ends at any moment: what is indexed is what the database says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.node.lull import Lull, newest_change
from mailnode.offload import Offload
from mailnode.store.index import filling
from mailnode.store.index.filling import Plan
from mailnode.store.index.segment import Builder
from mailnode.store.models import Journal

INTERVAL = 2.0  # seconds between two looks at the journal
ROUND = 3600.0  # seconds between two visits to everybody
NICE = 10
USERS = 500  # asked for at once
_log = log.get("indexer")
_changed = select(Journal.user_id).where(Journal.id > bindparam("seen")).distinct()


async def run(offload: Offload, stop: asyncio.Event) -> None:
    """Index until ``stop`` is set; one process of a node runs this."""
    worker = Indexer(offload, stop)
    try:
        await worker.run()
    finally:
        worker.close()


class Indexer:
    """One for a process."""

    def __init__(self, offload: Offload, stop: asyncio.Event) -> None:
        self._offload = offload
        self._stop = stop
        self._idle = ThreadPoolExecutor(1, "indexer", initializer=be_idle)
        self._lull = Lull(offload, stop)
        self._seen = 0  # of the journal

    def close(self) -> None:
        self._idle.shutdown()

    async def run(self) -> None:
        next_round = 0.0
        while not self._stop.is_set():
            self._lull.begin()
            try:
                if time.monotonic() >= next_round:
                    self._seen = await self._offload.read(newest_change)
                    await self.visit_all()
                    next_round = time.monotonic() + ROUND
                else:
                    await self.visit_changed()
            except Exception:  # the next round may find the database well again
                _log.exception("indexing failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), INTERVAL)

    async def visit_all(self) -> None:
        """Index whoever is behind, and put away what is left of expunged messages."""
        after = 0
        while found := await self._offload.read(partial(filling.users, after=after, most=USERS)):
            for user_id in found:
                await self._visit(user_id, filling.stale, filling.behind)
            after = found[-1]

    async def visit_changed(self) -> None:
        """Index whoever has had mail since the last look."""
        newest = await self._offload.read(newest_change)
        if newest > self._seen:
            await self._lull.wait()
            newest = await self._offload.read(newest_change)
            for user_id in await self._offload.read(partial(_changed_since, seen=self._seen)):
                await self._visit(user_id, filling.behind)
            self._seen = newest

    async def _visit(self, user_id: int, *looks: filling.Look) -> None:
        """What cannot be done for one user keeps no other one's mail out of the index; the next round tries again."""
        try:
            for look in looks:
                while (plan := await self._plan(look, user_id)) and await self._carry_out(plan):
                    pass
        except Exception:
            _log.exception("not indexed", user_id=user_id)

    async def _plan(self, look: filling.Look, user_id: int) -> Plan | None:
        if self._stop.is_set():
            return None
        return await self._offload.read(lambda tx: look(tx, user_id))

    async def _carry_out(self, plan: Plan) -> bool:
        """Make one segment; False when it came to nothing."""
        builder = Builder()
        while not filling.is_done(plan, builder):
            if self._stop.is_set():
                return False
            await self._lull.wait()
            found = await self._offload.read(partial(filling.read, plan=plan, after=builder.last_id))
            if not found:
                break
            await self._offload.run_on(self._idle, partial(filling.gather, builder, found))
        segment = await self._offload.run_on(self._idle, builder.finish)
        last_id = builder.last_id
        kept = await self._offload.write(lambda tx: filling.keep(tx, plan, segment, last_id))
        _log.debug("segment", user=plan.user_id, messages=segment.messages, kept=kept)
        return kept


def stand_back() -> None:
    """From now on the calling thread, and those that it begins, get a tenth of the time of whoever wants some too."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def be_idle() -> None:
    """From now on the calling thread gets only the time that nobody else wants."""
    with contextlib.suppress(OSError, AttributeError):  # not everywhere, and it goes without
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _changed_since(tx: Session, seen: int) -> list[int]:
    return list(tx.connection().execute(_changed, {"seen": seen}).scalars())
