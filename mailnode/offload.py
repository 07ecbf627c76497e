"""From the event loop to the synchronous core and back: writing by group commit, and a pool for reading.

`Offload.write` hands a step to the process's one writer (`group_commit`), which answers after the commit; so a caller
that was answered may say "250" to the world. A step that has not begun within `PATIENCE`, because some other process
stands still with the write lock, is given up and never run (StoreBusy).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.database import PATIENCE
from mailnode.errors import StoreBusy
from mailnode.group_commit import Job, Prepare, Step, Writer

T = TypeVar("T")
LONG = 2  # threads for what takes seconds


class Offload:
    """The doors' way to the database; one for each process. Close it to finish what waits."""

    def __init__(self, engine: Engine, *, readers: int = 4) -> None:
        self.engine = engine
        self._writer = Writer(engine)
        self._last: list[Callable[[], None]] = []
        self._readers = ThreadPoolExecutor(readers, "reader")
        self._long = ThreadPoolExecutor(LONG, "long")

    async def write(self, step: Step[T], *, prepare: Prepare | None = None) -> T:
        """Run the step in a writing transaction; returns after its commit. Raises StoreBusy."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        job = Job(step, loop, future, prepare)
        self._writer.take(job)
        timer = loop.call_later(PATIENCE, self._lose_patience, job)
        try:
            return await future
        finally:
            timer.cancel()

    def write_now(self, step: Step[T]) -> T:
        """The same for a caller that has no event loop; blocks."""
        future: Future[T] = Future()
        job = Job(step, None, future)
        self._writer.take(job)
        try:
            return future.result(PATIENCE)
        except NotYet:
            if self._writer.give_up(job):
                raise StoreBusy from None
            return future.result()

    async def read(self, step: Step[T]) -> T:
        """Run the step on a reader thread, on one snapshot of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, step)

    async def look(self, step: Step[T]) -> T:
        """A short look-up by index. On SQLite right here in the loop's thread: it takes less time than the way to
        a reader thread, and readers never wait for the writer."""
        if self.engine.dialect.name == "sqlite":
            return self.read_now(step)
        return await self.read(step)

    def read_now(self, step: Step[T]) -> T:
        """The same in the calling thread; blocks."""
        with Session(self.engine) as tx:
            return step(tx)

    async def compute(self, work: Callable[[], T]) -> T:
        """Run pure work (a scan of a message) on a reader thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def labour(self, work: Callable[[], T]) -> T:
        """Run work of seconds (taking in a large message) where no reader waits for it."""
        return await asyncio.get_running_loop().run_in_executor(self._long, work)

    async def run_on(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        """Run blocking work on a pool of the caller's own, which bounds how much runs at once."""
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def on_commit(self, listener: Callable[[set[int]], None]) -> None:
        """``listener(user_ids)`` is called in the writer's thread after a commit that changed mail."""
        self._writer.listeners.append(listener)

    def on_close(self, hook: Callable[[], None]) -> None:
        """``hook`` runs at the beginning of `close`, and may write what somebody has gathered until then."""
        self._last.append(hook)

    def close(self) -> None:
        """Finish what is waiting, then end the threads."""
        for hook in self._last:
            hook()
        self._writer.close()
        self._readers.shutdown()
        self._long.shutdown()

    def _lose_patience(self, job: Job) -> None:
        if self._writer.give_up(job) and not job.future.done():
            job.future.set_exception(StoreBusy())
