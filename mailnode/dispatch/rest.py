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
    """One for the process; made in its event loop."""

    def __init__(self, engine: Engine) -> None:
        self._bell = bell_of(engine)
        self._rung = asyncio.Event()
        if self._bell is not None:
            asyncio.get_running_loop().add_reader(self._bell.fileno(), self._ring)

    async def rest(self) -> None:
        await asyncio.sleep(SHORTEST)
        if self._bell is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), LONGEST - SHORTEST)
        self._rung.clear()  # before the look that follows

    def close(self) -> None:
        if self._bell is not None:
            asyncio.get_running_loop().remove_reader(self._bell.fileno())
            self._bell.close()

    def _ring(self) -> None:
        assert self._bell is not None
        self._bell.silence()
        self._rung.set()
