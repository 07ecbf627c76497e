"""Room in memory for the messages that are being sent.

Twenty connections with a message of 50 MB each would take the machine's memory. Who wants to load a
message takes room for it first and waits while there is none; one message alone always has room.
First come, first served, and so that a few large messages to slow hosts do not keep all the small ones
waiting, these have a room of their own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

SMALL = 1024 * 1024  # octets of a message that counts as small
FOR_SMALL, FOR_LARGE = 48 * 1024 * 1024, 96 * 1024 * 1024


class Room:
    """``async with room.taken(size)`` around loading and sending."""

    def __init__(self, octets: int) -> None:
        self._octets = octets
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        if self._waiting or not self._fits(size):
            await self._wait(size)
        else:
            self._used += size
        try:
            yield
        finally:
            self._used -= size
            self._let_in()

    def _fits(self, size: int) -> bool:
        return self._used == 0 or self._used + size <= self._octets

    async def _wait(self, size: int) -> None:
        place = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        try:
            await place[1]
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            else:  # let in at the same moment: hand the room on
                self._used -= size
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size, future = self._waiting.popleft()
            self._used += size
            if not future.done():
                future.set_result(None)


class Rooms:
    """The two rooms of a relay."""

    def __init__(self, small: int = FOR_SMALL, large: int = FOR_LARGE) -> None:
        self._small, self._large = Room(small), Room(large)

    def taken(self, size: int) -> AbstractAsyncContextManager[None]:
        return (self._small if size <= SMALL else self._large).taken(size)
