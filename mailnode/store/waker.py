"""Waking the waiters: who hears of a change, in whichever process it was made.

A waiter subscribes with its user and a callback; the callback runs in the event loop after a commit
that changed this user's mail, and then reads the journal itself. Changes of this process arrive
through `Offload.on_commit`. Changes of others arrive on SQLite by looking (`Lookout`), on PostgreSQL by LISTEN.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import Engine, text

from mailnode import log
from mailnode.offload import Offload
from mailnode.store.bell import Timers
from mailnode.store.changes import CHANNEL
from mailnode.store.lookout import Lookout

RECONNECT = 1.0
_log = log.get("waker")


class Loop(Timers, Protocol):
    """What the waker needs of an event loop."""

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> object: ...


class Waker:
    """One for each process; `start` it in its event loop."""

    def __init__(self, offload: Offload) -> None:
        self._engine: Engine = offload.engine
        self.heard = 0  # how often somebody's mail has changed: the same number as before when nothing has
        self._counting = threading.Lock()
        self._waiting: dict[int, set[Callable[[], None]]] = {}
        self._loop: Loop | None = None
        self._stopped = threading.Event()
        self._lookout: Lookout | None = None
        offload.on_commit(self._tell_loop)

    def subscribe(self, user_id: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever the user's mail has changed; returns what ends it."""
        waiters = self._waiting.setdefault(user_id, set())
        waiters.add(callback)
        if self._lookout is not None and self._lookout.resume():
            self._count()  # something may have happened

        def unsubscribe() -> None:
            waiters.discard(callback)
            if not waiters and self._waiting.get(user_id) is waiters:
                del self._waiting[user_id]

        return unsubscribe

    def start(self, loop: Loop) -> None:
        """Begin to look for other processes' changes; call in the loop's thread."""
        self._loop = loop
        if self._engine.dialect.name == "sqlite":
            self._lookout = Lookout(self._engine, loop, self._wake, lambda: bool(self._waiting))
            if self._waiting:
                self._lookout.resume()
        else:
            threading.Thread(target=self._listen, name="listen", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        if self._lookout is not None:
            self._lookout.close()

    def _tell_loop(self, user_ids: Iterable[int]) -> None:
        """From the writer's or the listener's thread. The loop is woken for those who wait; who begins to wait at this
        moment and looks at ``heard`` then hears of it by that."""
        self._count()
        if self._loop is not None and not self._waiting.keys().isdisjoint(user_ids):
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, tuple(user_ids))

    def _wake(self, user_ids: Iterable[int]) -> None:
        for user_id in user_ids:
            self._count()
            for callback in tuple(self._waiting.get(user_id, ())):
                callback()

    def _count(self) -> None:
        with self._counting:
            self.heard += 1

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
