"""A thread for what may never end: nobody waits for it longer than they want, least of all the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T], seconds: float) -> T:
    """What the work gives or raises; TimeoutError when there is nothing yet, and then it is left to itself."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            tell = partial(_give, future, work())
        except BaseException as error:
            tell = partial(_fail, future, error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=run, name="apart", daemon=True).start()
    async with asyncio.timeout(seconds):
        return await future


def _give(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
