"""Work that can wait lets a burst of mail pass by: what takes the mail in needs the processors and the write lock.

A thread that gets idle time only is not enough for that: two processors are often two halves of one, and what runs
on the other half slows down what is urgent. Whoever waits here does so for `PATIENCE` seconds of a round at most.
"""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.offload import Offload
from mailnode.store.models import Journal

QUIET = 0.4  # seconds without a change that count as a lull
LOOK = 0.1
PATIENCE = 3.0
_newest = select(func.max(Journal.id))


class Lull:
    """One for each kind of work; ``begin`` a round, then ``wait`` before each piece of it."""

    def __init__(self, offload: Offload, stop: asyncio.Event) -> None:
        self._offload = offload
        self._stop = stop
        self._newest = 0  # of the journal
        self._changed = 0.0  # when that was seen first
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + PATIENCE

    async def wait(self) -> None:
        """Until nothing has changed for a moment, or the patience of this round is over."""
        while not self._stop.is_set() and time.monotonic() < self._until:
            found = await self._offload.read(newest_change)
            if found != self._newest:
                self._newest, self._changed = found, time.monotonic()
            if time.monotonic() - self._changed >= QUIET:
                return
            await asyncio.sleep(LOOK)


def newest_change(tx: Session) -> int:
    """The id of the last change of anybody's mail."""
    return tx.connection().execute(_newest).scalar() or 0
