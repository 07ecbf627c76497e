"""From the event loop to the synchronous core and back: group commit, and a pool for reading.

`Offload.write` hands a step to the process's one writer thread. The thread runs all steps that wait
at that moment in one transaction, takes those along that come meanwhile, commits once, and only then
answers them; so a caller that was answered may say "250" to the world.

A step is ``Callable[[Session], T]``. It may be run more than once (after a deadlock or a lost
lock), so it must have no effect outside the transaction. One that raises takes nothing from the others:
hardly any does, so the group is first run without savepoints, and once more with one for each step when
one of them has raised. Its error is raised where it was awaited.

What needs no database can be done before the write lock is taken: ``prepare`` runs in the writer's
thread, and gives back a hook that makes durable what it has put elsewhere. Each hook runs once for the
group, so that one process syncs its bodies while another one has the lock. Of the steps that come late, those
whose ``prepare`` has a true ``light`` are prepared with the lock in hand, and others wait for the next group.

Nobody waits for ever: a step that has not begun within `PATIENCE`, because some other process stands
still with the write lock, is given up and never run (StoreBusy). What goes wrong behind the commit is
logged and changes no answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from queue import Empty, SimpleQueue
from time import sleep
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import PATIENCE, Pending, refusal_of
from mailnode.errors import StoreBusy

T = TypeVar("T")
Step = Callable[[Session], T]
Hook = Callable[[], None]
Prepare = Callable[[], Hook]
GROUP = 256  # steps of one transaction at most: bounds how long the first one waits
TRIES = 6
LONG = 2  # threads for what takes seconds
_log = log.get("offload")


class _Job:
    """One step and the place where its answer goes."""

    __slots__ = ("begun", "error", "future", "given_up", "loop", "prepare", "result", "step")

    def __init__(
        self, step: Step[Any], loop: asyncio.AbstractEventLoop | None, future: Any, prepare: Prepare | None = None
    ) -> None:
        self.step = step
        self.prepare = prepare
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.begun = False
        self.given_up = False

    def answer(self) -> None:
        """Runs in the loop's thread (or the writer's, for a blocking caller)."""
        if self.given_up or self.future.done():  # or cancelled: the commit stands all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Offload:
    """The doors' way to the database; one for each process. Close it to finish what waits."""

    def __init__(self, engine: Engine, *, readers: int = 4) -> None:
        self.engine = engine
        self._writing = engine.execution_options(writes=True)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._turn = threading.Lock()  # between a step's beginning and its being given up
        self._taken: list[_Job] = []  # the group that is being written, each to be answered at its end
        self._put_off: list[_Job] = []  # to the next group
        self._listeners: list[Callable[[set[int]], None]] = []
        self._last: list[Callable[[], None]] = []
        self._readers = ThreadPoolExecutor(readers, "reader")
        self._long = ThreadPoolExecutor(LONG, "long")
        self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
        self._writer.start()

    async def write(self, step: Step[T], *, prepare: Prepare | None = None) -> T:
        """Run the step in a writing transaction; returns after its commit. Raises StoreBusy."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        job = _Job(step, loop, future, prepare)
        self._jobs.put(job)
        timer = loop.call_later(PATIENCE, self._lose_patience, job)
        try:
            return await future
        finally:
            timer.cancel()

    def write_now(self, step: Step[T]) -> T:
        """The same for a caller that has no event loop; blocks."""
        future: Future[T] = Future()
        job = _Job(step, None, future)
        self._jobs.put(job)
        try:
            return future.result(PATIENCE)
        except NotYet:
            if self._give_up(job):
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
        self._listeners.append(listener)

    def on_close(self, hook: Callable[[], None]) -> None:
        """``hook`` runs at the beginning of `close`, and may write what somebody has gathered until then."""
        self._last.append(hook)

    def close(self) -> None:
        """Finish what is waiting, then end the threads."""
        for hook in self._last:
            hook()
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._long.shutdown()

    def _lose_patience(self, job: _Job) -> None:
        if self._give_up(job) and not job.future.done():
            job.future.set_exception(StoreBusy())

    def _give_up(self, job: _Job) -> bool:
        """Take the step back; False when it has begun and will be answered."""
        with self._turn:
            job.given_up = not job.begun
            return job.given_up

    def _run(self) -> None:
        while True:
            if not self._put_off:
                first = self._jobs.get()
                if first is None:
                    return
                self._put_off.append(first)
            self._taken, self._put_off = self._put_off, []
            self._take_waiting()
            try:
                self._commit(_prepared(list(self._taken)))
            except BaseException as error:  # the one writer must live
                for job in self._taken:
                    job.error = job.error or error
            _answer(self._taken)

    def _take_waiting(self) -> None:
        """Take the steps that wait at the moment, as far as the group may grow."""
        while len(self._taken) + len(self._put_off) < GROUP:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job is None:
                self._jobs.put(None)
                return
            self._taken.append(job)

    def _late(self) -> list[_Job]:
        """Steps that have come meanwhile and may join, prepared; those with much to prepare are put off."""
        before = len(self._taken)
        self._take_waiting()
        came, self._taken[before:] = self._taken[before:], []
        for job in came:
            light = job.prepare is None or getattr(job.prepare, "light", False)
            (self._taken if light else self._put_off).append(job)
        return _prepared(self._taken[before:])

    def _commit(self, group: list[_Job]) -> None:
        if not group:
            return
        try:
            try:
                self._transact(group, joining=True)
            except _Refused:
                if len(group) > 1:
                    self._transact(group, savepoints=True)
        except Exception as error:
            if len(group) == 1 and not worth_another_try(error):
                _fail(group[0], error)
                return
            for job in group:
                self._commit_alone(job)

    def _commit_alone(self, job: _Job) -> None:
        """A group that failed as a whole is repeated step by step, with patience."""
        for attempt in range(TRIES):
            if job.given_up:
                return
            try:
                self._transact([job])
                return
            except _Refused:
                return
            except Exception as error:
                if attempt == TRIES - 1 or not worth_another_try(error):
                    _fail(job, error)
                    return
                sleep(0.01 * 2**attempt)

    def _transact(self, group: list[_Job], *, joining: bool = False, savepoints: bool = False) -> None:
        """``joining``: steps that come while the lock is waited for, or while others run, are taken along.

        Raises _Refused when a step has raised, and nothing is kept of any; not with ``savepoints``."""
        run = _run_in_savepoint if savepoints else _run_step
        for job in group:
            job.begun = False  # until the lock is ours (again)
        with self._writing.connect() as conn, conn.begin() as transaction:
            with _GroupSession(conn) as tx:  # each step finds it empty
                for job in self._wanted(group):
                    run(tx, job)
                while joining and (late := self._late()):
                    group += late
                    for job in self._wanted(late):
                        run(tx, job)
            owed: Pending = conn.info["pending"]
            owed.make_durable()
            transaction.commit()
        self._follow_up(owed)

    def _wanted(self, group: list[_Job]) -> list[_Job]:
        """The steps that nobody has given up while the lock was waited for; from here on nobody can."""
        with self._turn:
            wanted = [job for job in group if not job.given_up]
            for job in wanted:
                job.begun = True
        return wanted

    def _follow_up(self, owed: Pending) -> None:
        """The commit stands, whatever goes wrong here."""
        try:
            owed.run_after()
            if owed.changed:
                for listener in self._listeners:
                    listener(owed.changed)
        except Exception:
            _log.exception("after the commit")


class _GroupSession(Session):
    """The session of one group: it has one connection and need not look for it at every statement."""

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn, join_transaction_mode="rollback_only", expire_on_commit=False)
        self._only = super().connection()

    def connection(self, *_arguments: Any, **_options: Any) -> Connection:
        return self._only


def _prepared(group: list[_Job]) -> list[_Job]:
    """Prepare every step before the lock. Steps whose bodies cannot be made durable are answered with that."""
    hooks: dict[Hook, list[_Job]] = {}
    for job in group:
        if job.prepare is not None:
            try:
                hooks.setdefault(job.prepare(), []).append(job)
            except Exception as error:
                _fail(job, error)
    for hook, jobs in hooks.items():
        try:
            hook()
        except Exception as error:
            for job in jobs:
                _fail(job, error)
    return [job for job in group if job.error is None]


class _Refused(Exception):
    """A step has raised what its caller is to hear."""


def _run_step(tx: Session, job: _Job) -> None:
    """Errors of the engine itself are raised as they are; _Refused for a step's own, which the job has then."""
    job.error, job.result = None, None
    try:
        job.result = job.step(tx)
        tx.flush()
    except Exception as error:
        if worth_another_try(error):
            raise
        job.error = _told(error)
        raise _Refused from error
    if tx.identity_map:
        tx.expunge_all()


def _run_in_savepoint(tx: Session, job: _Job) -> None:
    """Errors of the engine itself end the group, others only the step."""
    driver: Any = tx.connection().connection.dbapi_connection
    driver.execute("SAVEPOINT step")
    try:
        _run_step(tx, job)
    except _Refused:
        driver.execute("ROLLBACK TO SAVEPOINT step")
        tx.expunge_all()
    driver.execute("RELEASE SAVEPOINT step")


def worth_another_try(error: BaseException) -> bool:
    """A lock, a deadlock or a lost connection: the same step may succeed when repeated."""
    cause: BaseException | None = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig
    return getattr(cause, "sqlstate", None) in ("40001", "40P01", "55P03") or "database is locked" in str(cause)


def _fail(job: _Job, error: BaseException) -> None:
    _log.error("commit failed", error=repr(error))
    job.error = refusal_of(error) or error


def _told(error: Exception) -> Exception:
    """A step's error as its caller hears it."""
    refusal = refusal_of(error)
    if refusal is not None:
        _log.error("cannot write", error=repr(error))
    return refusal or error


def _answer(group: Iterable[_Job]) -> None:
    """Tell each event loop once for all of its jobs."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        if job.loop is None:
            job.answer()
        else:
            loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(_answer_all, jobs)
        except RuntimeError:  # the loop has ended; nobody waits any more
            _log.warning("answers without a loop", jobs=len(jobs))


def _answer_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.answer()
