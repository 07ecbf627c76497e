"""Answers about clients that are worked out once and kept for a while, by whoever asks first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")
MOST = 10_000


class Remembered(Generic[T]):
    """Keeps what ``work`` gave for a key, for ``seconds``; callers that ask meanwhile wait for the same work.

    A work that fails is not kept.
    """

    def __init__(self, seconds: float, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: dict[object, tuple[float, asyncio.Task[T]]] = {}

    def ask(self, key: object, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The work's task, begun now where it is not known."""
        now = time.monotonic()
        until, task = self._kept.get(key, (0.0, None))
        if task is not None and (now < until or not task.done()) and not self._failed(task):
            return task
        if len(self._kept) >= self._most:
            self._kept.clear()
        task = asyncio.create_task(work())
        self._kept[key] = (now + self._seconds, task)
        return task

    async def get(self, key: object, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        # A caller that goes away must not take the others' answer with it.
        return await asyncio.shield(self.ask(key, work))

    def _failed(self, task: asyncio.Task[T]) -> bool:
        return task.done() and (task.cancelled() or task.exception() is not None)
