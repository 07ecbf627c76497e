"""Group commit: one thread for each process that writes, and takes along what waits.

The thread runs all steps that wait at that moment in one transaction, takes those along that come meanwhile, commits
once, and only then answers them.

A step is ``Callable[[Session], T]``. It may be run more than once (after a deadlock or a lost lock), so it must have no
effect outside the transaction. One that raises takes nothing from the others: hardly any does, so the group is first
run without savepoints, and once more with one for each step when one of them has raised. Its error is raised where it
was awaited. What steps have gathered (`Pending.gathered`) is written at the end of the group, in the first run only.

What needs no database can be done before the write lock is taken: ``prepare`` runs in the writer's thread, and gives
back a hook that makes durable what it has put elsewhere. Each hook runs once for the group, so that one process syncs
its bodies while another one has the lock. Of the steps that come late, those whose ``prepare`` has a true ``light`` are
prepared with the lock in hand, and their hooks run once, before the commit; others wait for the next group.

The writer keeps its connection, whose cache stays good while no other process writes. What goes wrong behind the
commit is logged and changes no answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from time import sleep
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import Pending, refusal_of
from mailnode.errors import MailError

T = TypeVar("T")
Step = Callable[[Session], T]
Hook = Callable[[], None]
Prepare = Callable[[], Hook]
GROUP = 256  # steps of one transaction at most: bounds how long the first one waits
# Seconds in which others may join a group, where they did with the last one: a commit takes four times as long as what
# one more message adds to it. Who writes alone does not wait.
COMPANY = 0.001
TRIES = 6
_log = log.get("offload")


class Job:
    """One step and the place where its answer goes."""

    __slots__ = ("begun", "error", "future", "given_up", "loop", "lost", "prepare", "result", "step")

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
        self.lost = False  # what it has put elsewhere cannot be made durable

    def answer(self) -> None:
        """Runs in the loop's thread (or the writer's, for a blocking caller)."""
        if self.given_up or self.future.done():  # or cancelled: the commit stands all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


_Hooks = dict[Hook, list[Job]]


class Writer:
    """The thread. ``listeners`` are called in it, with the users whose mail a commit has changed."""

    def __init__(self, engine: Engine) -> None:
        self.listeners: list[Callable[[set[int]], None]] = []
        self._writing = engine.execution_options(writes=True)
        self._session: _GroupSession | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._turn = threading.Lock()  # between a step's beginning and its being given up
        self._taken: list[Job] = []  # the group that is being written, each to be answered at its end
        self._put_off: list[Job] = []  # to the next group
        self._owed: _Hooks = {}  # of the steps that came late
        self._several = False  # the last group had company
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def take(self, job: Job) -> None:
        self._jobs.put(job)

    def give_up(self, job: Job) -> bool:
        """Take the step back; False when it has begun and will be answered."""
        with self._turn:
            job.given_up = not job.begun
            return job.given_up

    def close(self) -> None:
        """Finish what is waiting, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            if not self._put_off:
                first = self._jobs.get()
                if first is None:
                    self._disconnect()
                    return
                self._put_off.append(first)
                if self._several:
                    sleep(COMPANY)
            self._taken, self._put_off = self._put_off, []
            self._take_waiting()
            try:
                ready, hooks = _prepared(self._taken)
                _run_hooks(hooks)
                self._commit([job for job in ready if not job.lost])
            except BaseException as error:  # the one writer must live
                for job in self._taken:
                    job.error = job.error or error
            self._several = len(self._taken) > 1
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

    def _late(self) -> list[Job]:
        """Steps that have come meanwhile and may join, prepared; those with much to prepare are put off."""
        before = len(self._taken)
        self._take_waiting()
        came, self._taken[before:] = self._taken[before:], []
        for job in came:
            light = job.prepare is None or getattr(job.prepare, "light", False)
            (self._taken if light else self._put_off).append(job)
        ready, hooks = _prepared(self._taken[before:])
        for hook, jobs in hooks.items():
            self._owed.setdefault(hook, []).extend(jobs)
        return ready

    def _run_owed(self) -> bool:
        """The hooks of those that came late; False when some of these are lost."""
        hooks, self._owed = self._owed, {}
        return _run_hooks(hooks)

    def _commit(self, group: list[Job]) -> None:
        if not group:
            return
        try:
            try:
                self._transact(group, joining=True)
            except _Refused:
                self._run_owed()
                if len(group) > 1 or group[0].error is None:
                    self._transact(group, savepoints=True)
        except Exception as error:
            self._run_owed()
            if len(group) == 1 and not worth_another_try(error):
                _fail(group[0], error)
                return
            for job in group:
                self._commit_alone(job)

    def _commit_alone(self, job: Job) -> None:
        """A group that failed as a whole is repeated step by step, with patience."""
        for attempt in range(TRIES):
            if job.given_up or job.lost:
                return
            try:
                self._transact([job], savepoints=True)
                return
            except _Refused:
                return
            except Exception as error:
                if attempt == TRIES - 1 or not worth_another_try(error):
                    _fail(job, error)
                    return
                sleep(0.01 * 2**attempt)

    def _transact(self, group: list[Job], *, joining: bool = False, savepoints: bool = False) -> None:
        """``joining``: steps that come while the lock is waited for, or while others run, are taken along.

        Raises _Refused when a step has raised, and nothing is kept of any; not with ``savepoints``."""
        run = _run_in_savepoint if savepoints else _run_step
        for job in group:
            job.begun = False  # until the lock is ours (again)
        try:
            owed = self._in_transaction(group, run, joining=joining, gathers=not savepoints)
        except _Refused:
            raise
        except BaseException:
            self._disconnect()
            raise
        self._follow_up(owed)

    def _in_transaction(
        self, group: list[Job], run: Callable[[Session, Job], None], *, joining: bool, gathers: bool
    ) -> Pending:
        if self._session is None:
            self._session = _GroupSession(self._writing.connect())
        conn = self._session.only
        with conn.begin() as transaction:
            owed: Pending = conn.info["pending"]
            owed.gathers = gathers
            with self._session as tx:  # each step finds it empty
                for job in self._wanted(group):
                    run(tx, job)
                while joining and (late := self._late()):
                    group += late
                    for job in self._wanted(late):
                        run(tx, job)
            if not self._run_owed():
                raise _Refused
            _make_durable(owed)
            transaction.commit()
        return owed

    def _disconnect(self) -> None:
        """Whatever is the matter with the connection, the next group has a new one."""
        session, self._session = self._session, None
        if session is not None:
            session.only.close()

    def _wanted(self, group: list[Job]) -> list[Job]:
        """The steps that nobody has given up while the lock was waited for; from here on nobody can."""
        with self._turn:
            wanted = [job for job in group if not (job.given_up or job.lost)]
            for job in wanted:
                job.begun = True
        return wanted

    def _follow_up(self, owed: Pending) -> None:
        """The commit stands, whatever goes wrong here."""
        try:
            owed.run_after()
            if owed.changed:
                for listener in self.listeners:
                    listener(owed.changed)
        except Exception:
            _log.exception("after the commit")


class _GroupSession(Session):
    """The writer's session, on the one connection that it has, so that it need not look for it at every statement. Only
    what goes by the session itself joins the connection's transaction, and is closed with it; most steps need no more
    than the connection, and the next group finds the session as it was."""

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn, join_transaction_mode="rollback_only", expire_on_commit=False)
        self.only = conn

    def connection(self, *_arguments: Any, **_options: Any) -> Connection:
        return self.only

    def __exit__(self, error: Any, *about: Any) -> None:
        if error is not None or self.in_transaction():
            self.close()


def _prepared(group: Iterable[Job]) -> tuple[list[Job], _Hooks]:
    """Prepare every step. Those that could be are given back, and the hooks that are to run for them."""
    ready: list[Job] = []
    hooks: _Hooks = {}
    for job in group:
        try:
            if job.prepare is not None:
                hooks.setdefault(job.prepare(), []).append(job)
            ready.append(job)
        except Exception as error:
            _fail(job, error)
    return ready, hooks


def _run_hooks(hooks: _Hooks) -> bool:
    """Steps whose bodies cannot be made durable are lost: False, and they are answered with that."""
    whole = True
    for hook, jobs in hooks.items():
        try:
            hook()
        except Exception as error:
            whole = False
            for job in jobs:
                job.lost = True
                _fail(job, error)
    return whole


class _Refused(Exception):
    """A step has raised what its caller is to hear, or would have if its rows had not been gathered."""


def _make_durable(owed: Pending) -> None:
    """Whose rows were refused is not known where rows of several steps are written as one: _Refused."""
    try:
        owed.make_durable()
    except MailError as error:
        if owed.gathers:
            raise _Refused from error
        raise


def _run_step(tx: Session, job: Job) -> None:
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


def _run_in_savepoint(tx: Session, job: Job) -> None:
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


def _fail(job: Job, error: BaseException) -> None:
    _log.error("commit failed", error=repr(error))
    job.error = refusal_of(error) or error


def _told(error: Exception) -> Exception:
    """A step's error as its caller hears it."""
    refusal = refusal_of(error)
    if refusal is not None:
        _log.error("cannot write", error=repr(error))
    return refusal or error


def _answer(group: Iterable[Job]) -> None:
    """Tell each event loop once for all of its jobs."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
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


def _answer_all(jobs: list[Job]) -> None:
    for job in jobs:
        job.answer()
