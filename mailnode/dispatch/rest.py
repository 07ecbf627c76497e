"""The rest between two looks at an idle queue: until somebody has written, at most a second.

What becomes due by time alone is found by the second; what a door puts into the queue rings (`store.bell`). Where
there is no bell the queue is looked at ten times a second.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import Engine

from mailnode.store.bell import Ear

SHORTEST = 0.1  # seconds
LONGEST = 1.0


class Rest:
    """One for the process; made and used in its event loop. It hears the bell only while it rests: where much is
    written, that is ten times a second."""

    def __init__(self, engine: Engine) -> None:
        self._ear = Ear(engine, asyncio.get_running_loop())

    async def rest(self) -> None:
        over = asyncio.Event()
        self._ear.listen(over.set, SHORTEST, LONGEST)
        try:
            await over.wait()
        finally:
            self._ear.stop()

    def close(self) -> None:
        self._ear.close()
