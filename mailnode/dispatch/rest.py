"""The rest between two looks at an idle queue: until somebody has written, at most a second.

What becomes due by time alone is found by the second; what a door puts into the queue rings (`store.bell`). Where
there is no bell the queue is looked at ten times a second.
"""

from __future__ import annotations

import asyncio
import contextlib

from sqlalchemy import Engine

from mailnode.store.bell import bell_of

SHORTEST = 0.1  # seconds
LONGEST = 1.0


class Rest:
    """One for the process; used in its event loop. It hears the bell only while it rests: where much is written,
    that is ten times a second."""

    def __init__(self, engine: Engine) -> None:
        self._bell = bell_of(engine)

    async def rest(self) -> None:
        await asyncio.sleep(SHORTEST)
        if self._bell is None:
            return
        loop, rung = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._bell, rung.set)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), LONGEST - SHORTEST)
        finally:
            loop.remove_reader(self._bell)
        self._bell.silence()  # before the look that follows

    def close(self) -> None:
        if self._bell is not None:
            self._bell.close()
