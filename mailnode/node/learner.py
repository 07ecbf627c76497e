"""Teaches users' own filters: the index process looks through the journal for what went into Junk and came out of it.

It costs whoever moves mail nothing. What takes time is done by the indexer's thread, which gets only the time that
nobody else wants; the write lock is taken for a moment, once for some hundred lessons of a user. How far the journal
was read is kept, so that what happens while nobody looks is learned later; what is read twice is learned once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import is_sqlite
from mailnode.learning import lessons, teaching
from mailnode.learning.lessons import Lesson
from mailnode.node.indexer import be_idle
from mailnode.offload import Offload

INTERVAL = 3.0  # seconds between two looks
READER = "learner"
TOGETHER = 200  # lessons of a user that are learned in one go
TRIES = 5  # where several learn the same
OVERLAP = 200  # changes that are read once more on PostgreSQL, where a lower number may be committed later
NEW = 1000  # changes: a journal that is not longer is read from its beginning
KEPT_EVERY = 60.0  # seconds, when nothing was learned
_log = log.get("learner")


async def run(offload: Offload, stop: asyncio.Event) -> None:
    """Learn until ``stop`` is set; one process of a node runs this."""
    learner = Learner(offload, stop)
    try:
        await learner.run()
    finally:
        learner.close()


class Learner:
    """One for a process."""

    def __init__(self, offload: Offload, stop: asyncio.Event) -> None:
        self._offload = offload
        self._stop = stop
        self._idle = ThreadPoolExecutor(1, "learner", initializer=be_idle)
        self._seen: int | None = None  # of the journal
        self._begun = 0  # of it: nothing before this is looked at
        self._kept = 0  # of it, in the database
        self._keep_at = 0.0

    def close(self) -> None:
        self._idle.shutdown()

    async def run(self) -> None:
        while not self._stop.is_set():
            try:
                await self.look()
            except Exception:  # the next look may find the database well again
                _log.exception("learning failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), INTERVAL)

    async def look(self) -> None:
        """Learn what was taught since the last look. The first one ever leaves out what a long journal tells."""
        newest = await self._offload.read(lessons.newest)
        if self._seen is None:
            kept = await self._offload.read(partial(teaching.place_in_journal, reader=READER))
            begin = 0 if newest <= NEW else newest
            self._seen = self._kept = begin if kept is None else min(kept, newest)
            self._begun = begin if kept is None else max(0, self._seen - OVERLAP)
            self._keep_at = 0.0 if kept is None else time.monotonic() + KEPT_EVERY
        while self._seen < newest and not self._stop.is_set():
            after = self._seen
            until = await self._offload.read(partial(lessons.upto, after=after, until=newest))
            found = await self._offload.read(partial(_by_user, begun=self._begun, after=after, until=until))
            learned = [await self._learn(user_id, own) for user_id, own in found]
            self._seen = until
            await self._remember(at_once=any(learned))
        await self._remember(at_once=False)

    async def _remember(self, *, at_once: bool) -> None:
        seen = self._seen
        if seen is None or (seen == self._kept and self._keep_at) or not (at_once or time.monotonic() >= self._keep_at):
            return
        await self._offload.write(partial(teaching.remember_place, reader=READER, journal_id=seen))
        self._kept, self._keep_at = seen, time.monotonic() + KEPT_EVERY

    async def _learn(self, user_id: int, own: Sequence[Lesson]) -> bool:
        """Whether there was anything to learn. What goes wrong for one user keeps no other one's filter from it."""
        try:
            return any(
                [await self._learn_some(user_id, own[at : at + TOGETHER]) for at in range(0, len(own), TOGETHER)]
            )
        except Exception:
            _log.exception("not learned", user_id=user_id)
            return False

    async def _learn_some(self, user_id: int, own: Sequence[Lesson]) -> bool:
        for _ in range(TRIES):
            plan = await self._offload.read(partial(teaching.plan, user_id=user_id, lessons=own))
            if plan is None or self._stop.is_set():
                return False
            model = await self._offload.run_on(self._idle, partial(teaching.learned, plan))
            if await self._offload.write(partial(teaching.keep, plan=plan, model=model)):
                _log.info("learned", user_id=user_id, junk=model.junk, wanted=model.wanted, lessons=len(plan.texts))
                return True
        return False


def _by_user(tx: Session, begun: int, after: int, until: int) -> list[tuple[int, list[Lesson]]]:
    """The lessons of these changes, user by user."""
    after = after if is_sqlite(tx) else max(begun, after - OVERLAP)
    found = sorted(lessons.lessons(tx, after, until), key=lambda one: one.user_id)
    return [(user_id, list(own)) for user_id, own in groupby(found, key=lambda one: one.user_id)]
