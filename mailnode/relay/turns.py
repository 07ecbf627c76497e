"""Whose turn it is to ask a web server: so many ask at once, and few of them the same one, however long that takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Line:
    """Those who ask one host, and those who wait to: so many in all."""

    turn: asyncio.Semaphore
    length: int = 0


class Turns:
    """First come, first served, by host. Who waits for a busy host waits before anything that others need is taken."""

    def __init__(self, *, each: int, together: int) -> None:
        self._each = each
        self._together = asyncio.Semaphore(together)
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the end of the block. ``host`` is whatever names it."""
        line = self._lines.setdefault(host, _Line(asyncio.Semaphore(self._each)))
        line.length += 1
        try:
            async with line.turn, self._together:
                yield
        finally:
            line.length -= 1
            if not line.length:
                self._lines.pop(host, None)
