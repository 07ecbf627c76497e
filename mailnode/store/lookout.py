"""Whose mail other processes have changed, on SQLite: what the database's ``data_version`` tells.

It is looked at when the bell rings, but not more often than every `SOONEST`; where there is no bell, that often.
It is one pragma for the whole process, however many wait. While nothing happens, and where nobody waits, there is
nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Engine, bindparam, func, select

from mailnode import log
from mailnode.prepared import Prepared
from mailnode.store.bell import Ear, Timers
from mailnode.store.models import Journal

SOONEST = 0.05  # seconds after the last look
LATEST = 1.0  # even when nothing was heard
_log = log.get("waker")
_newest = select(func.max(Journal.id))
_changed = Prepared(
    select(Journal.user_id, func.max(Journal.id)).where(Journal.id > bindparam("seen")).group_by(Journal.user_id)
)


class Lookout:
    """``tell(user_ids)`` is called in the loop after commits of other processes, and of this one; ``is_wanted`` says
    whether anybody waits. `resume` it when somebody begins to."""

    def __init__(
        self, engine: Engine, loop: Timers, tell: Callable[[Iterable[int]], None], is_wanted: Callable[[], bool]
    ) -> None:
        self._watched = _Watched(engine)
        self._ear = Ear(engine, loop)
        self._tell = tell
        self._is_wanted = is_wanted
        self._rests = True

    def resume(self) -> bool:
        """True when it rested: what happened meanwhile is not told."""
        if not self._rests:
            return False
        self._watched.begin()
        self._rests = False
        self._ear.listen(self._look, 0, LATEST)
        return True

    def close(self) -> None:
        self._ear.close()
        self._watched.close()

    def _look(self) -> None:
        if not self._is_wanted():
            self._rests = True
            return
        self._ear.listen(self._look, SOONEST, LATEST)
        try:
            self._tell(self._watched.changed())
        except Exception:
            _log.exception("cannot look for changes")


class _Watched:
    """An SQLite database, watched for commits of any connection but this one."""

    def __init__(self, engine: Engine) -> None:
        self._conn = engine.connect()
        self._driver: Any = self._conn.connection.dbapi_connection
        self._version = self._seen = 0

    def begin(self) -> None:
        """Whatever has happened until now is old."""
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
