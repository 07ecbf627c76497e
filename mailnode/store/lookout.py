"""Whose mail other processes have changed, on SQLite: what the database's ``data_version`` tells.

It is looked at when the bell rings, but not more often than every `SOONEST`; where there is no bell, every `INTERVAL`.
It is one pragma for the whole process, however many wait, and while nothing happens there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import Engine, bindparam, func, select

from mailnode import log
from mailnode.prepared import Prepared
from mailnode.store.bell import bell_of
from mailnode.store.models import Journal

SOONEST = 0.02  # seconds after the last look
LATEST = 1.0  # even when nothing was heard
INTERVAL = 0.05
_log = log.get("waker")
_newest = select(func.max(Journal.id))
_changed = Prepared(
    select(Journal.user_id, func.max(Journal.id)).where(Journal.id > bindparam("seen")).group_by(Journal.user_id)
)


class Timer(Protocol):
    def cancel(self) -> None: ...


class Timers(Protocol):
    """What is needed of an event loop."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer: ...

    def add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> object: ...

    def remove_reader(self, fd: Any) -> object: ...


class Lookout:
    """``tell(user_ids)`` is called in the loop after commits of other processes, and of this one."""

    def __init__(self, engine: Engine, loop: Timers, tell: Callable[[Iterable[int]], None]) -> None:
        self._watched = _Watched(engine)
        self._bell = bell_of(engine)
        self._loop = loop
        self._tell = tell
        self._regular = loop.call_later(0, self._look_again)
        self._deaf: Timer | None = None
        self._listen()

    def close(self) -> None:
        self._regular.cancel()
        if self._deaf is not None:
            self._deaf.cancel()
        if self._bell is not None:
            self._loop.remove_reader(self._bell)
            self._bell.close()
        self._watched.close()

    def _listen(self) -> None:
        if self._bell is not None:
            self._loop.add_reader(self._bell, self._rung)

    def _rung(self) -> None:
        assert self._bell is not None
        self._loop.remove_reader(self._bell)
        self._deaf = self._loop.call_later(SOONEST, self._listen)
        self._bell.silence()
        self._look()

    def _look_again(self) -> None:
        self._regular = self._loop.call_later(INTERVAL if self._bell is None else LATEST, self._look_again)
        self._look()

    def _look(self) -> None:
        try:
            self._tell(self._watched.changed())
        except Exception:
            _log.exception("cannot look for changes")


class _Watched:
    """An SQLite database, watched for commits of any connection but this one."""

    def __init__(self, engine: Engine) -> None:
        self._conn = engine.connect()
        self._driver: Any = self._conn.connection.dbapi_connection
        self._version = self._now()
        self._seen = self._conn.execute(_newest).scalar() or 0
        self._conn.rollback()

    def changed(self) -> list[int]:
        """The users whose mail has changed since the last call."""
        version = self._now()
        if version == self._version:
            return []
        self._version = version
        rows = _changed.run(self._conn, {"seen": self._seen}).fetchall()
        self._conn.rollback()
        self._seen = max([self._seen, *(row[1] for row in rows)])
        return [row[0] for row in rows]

    def close(self) -> None:
        self._conn.close()

    def _now(self) -> int:
        version: int = self._driver.execute("PRAGMA data_version").fetchone()[0]
        return version
