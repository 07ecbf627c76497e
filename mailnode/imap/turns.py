"""So much long work at once for one user, and so much for all: one client cannot take every reader thread.

Work that has begun keeps its turn until it has really ended, also when its client has gone meanwhile: a thread that
searches cannot be called back. Work that waits for its turn is forgotten with its client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """One for each kind of work in a process."""

    def __init__(self, *, each: int, together: int) -> None:
        self._each = each
        self._together = asyncio.Semaphore(together)
        self._users: dict[int, tuple[asyncio.Semaphore, int]] = {}  # and how many have it or wait for it

    @asynccontextmanager
    async def take(self, user_id: int) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        turn, waiting = self._users.get(user_id) or (asyncio.Semaphore(self._each), 0)
        self._users[user_id] = turn, waiting + 1
        try:
            async with turn, self._together:
                yield
        finally:
            turn, waiting = self._users.pop(user_id)
            if waiting > 1:
                self._users[user_id] = turn, waiting - 1

    async def run(self, user_id: int, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work in a turn of its own, which lasts as long as the work does whoever still waits for it."""
        begun = False

        async def in_turn() -> T:
            nonlocal begun
            async with self.take(user_id):
                begun = True
                return await work()

        task = asyncio.ensure_future(in_turn())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not begun:
                task.cancel()
            raise
