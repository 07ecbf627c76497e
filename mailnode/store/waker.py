"""Waking the waiters: who hears of a change, in whichever process it was made.

A waiter subscribes with its user and a callback; the callback runs in the event loop after a commit
that changed this user's mail, and then reads the journal itself. Changes of this process arrive
through `Offload.on_commit`. Changes of others arrive, on SQLite, by looking at the database's
``data_version`` every 50 ms (one pragma for the whole process, however many wait), on PostgreSQL by
LISTEN.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Engine, bindparam, func, select, text

from mailnode import log
from mailnode.offload import Offload
from mailnode.store.changes import CHANNEL
from mailnode.store.models import Journal

INTERVAL = 0.05  # seconds
RECONNECT = 1.0
_log = log.get("waker")
_newest = select(func.max(Journal.id))
_changed = (
    select(Journal.user_id, func.max(Journal.id)).where(Journal.id > bindparam("seen")).group_by(Journal.user_id)
)


class Waker:
    """One for each process; `start` in its event loop."""

    def __init__(self, offload: Offload) -> None:
        self._engine: Engine = offload.engine
        self._waiting: dict[int, set[Callable[[], None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        offload.on_commit(self._committed)

    def subscribe(self, user_id: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever the user's mail has changed; returns what ends it."""
        waiters = self._waiting.setdefault(user_id, set())
        waiters.add(callback)

        def unsubscribe() -> None:
            waiters.discard(callback)
            if not waiters and self._waiting.get(user_id) is waiters:
                del self._waiting[user_id]

        return unsubscribe

    def start(self) -> None:
        """Begin to look for other processes' changes; call inside the running loop."""
        self._loop = asyncio.get_running_loop()
        if self._engine.dialect.name == "sqlite":
            self._task = self._loop.create_task(self._watch_sqlite())
        else:
            threading.Thread(target=self._listen, name="listen", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        if self._task is not None:
            self._task.cancel()

    def _committed(self, user_ids: set[int]) -> None:
        """In the writer's thread."""
        self._tell_loop(user_ids)

    def _tell_loop(self, user_ids: Iterable[int]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, tuple(user_ids))

    def _wake(self, user_ids: Iterable[int]) -> None:
        for user_id in user_ids:
            for callback in tuple(self._waiting.get(user_id, ())):
                callback()

    async def _watch_sqlite(self) -> None:
        with self._engine.connect() as conn:
            cursor: Any = conn.connection.dbapi_connection
            conn.rollback()
            seen = conn.execute(_newest).scalar() or 0
            conn.rollback()
            version = -1
            while True:
                current = cursor.execute("PRAGMA data_version").fetchone()[0]
                if current != version:
                    version = current
                    rows = conn.execute(_changed, {"seen": seen}).all()
                    conn.rollback()
                    seen = max([seen, *(row[1] for row in rows)])
                    self._wake(row[0] for row in rows)
                await asyncio.sleep(INTERVAL)

    def _listen(self) -> None:
        """In a thread of its own: PostgreSQL tells us user ids as they are committed."""
        while not self._stopped.is_set():
            try:
                with self._engine.connect() as conn:
                    raw: Any = conn.execution_options(isolation_level="AUTOCOMMIT").connection.dbapi_connection
                    conn.execute(text(f"LISTEN {CHANNEL}"))
                    while not self._stopped.is_set():
                        for notice in raw.notifies(timeout=1.0):
                            self._tell_loop([int(notice.payload)])
            except Exception as error:
                _log.warning("lost the notifications", error=repr(error))
                self._stopped.wait(RECONNECT)
