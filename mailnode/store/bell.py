"""Hearing at once that some process has committed: inotify on the file that SQLite's writers take turns by.

Whoever gives the lock back after a commit reads from that file (see ``write_lock``), which is all that it takes. Linux
has inotify and others have not: there is no `Bell` then.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import Engine

from mailnode import write_lock

IN_ACCESS = 0x1
SOME = 4096  # octets: a few hundred events, of which the kernel keeps equal ones once


class Timer(Protocol):
    def cancel(self) -> None: ...


class Timers(Protocol):
    """What is needed of an event loop."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer: ...

    def add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> object: ...

    def remove_reader(self, fd: Any) -> object: ...


class Bell:
    """Readable, as a file, when it has been rung. Raises OSError where there is none."""

    def __init__(self, engine: Engine) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("no inotify")
        path = write_lock.beside(engine.url.database or "")
        os.close(write_lock.opened(path))
        self._handle: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._handle < 0 or libc.inotify_add_watch(self._handle, os.fsencode(path), IN_ACCESS) < 0:
            number = ctypes.get_errno()
            self.close()
            raise OSError(number, os.strerror(number))

    def fileno(self) -> int:
        return self._handle

    def silence(self) -> None:
        """Until it is rung again."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._handle, SOME)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def bell_of(engine: Engine) -> Bell | None:
    """None where commits are told of in another way, or not at all."""
    if engine.dialect.name != "sqlite":
        return None
    try:
        return Bell(engine)
    except OSError:
        return None


class Ear:
    """Hears the bell in an event loop, once each time that it listens."""

    def __init__(self, engine: Engine, loop: Timers) -> None:
        self._bell = bell_of(engine)
        self._loop = loop
        self._timer: Timer | None = None

    def listen(self, heard: Callable[[], object], deaf: float, latest: float) -> None:
        """Let ``heard`` be called when it has rung since the last time, and after ``latest`` seconds in any case.

        For the first ``deaf`` seconds nothing is heard: where much is written, that is what hearing costs at most.
        Where there is no bell ``heard`` is called then.
        """
        self.stop()
        self._timer = self._loop.call_later(deaf, self._open, heard, latest - deaf)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._bell is not None:
            self._loop.remove_reader(self._bell)

    def close(self) -> None:
        self.stop()
        if self._bell is not None:
            self._bell.close()

    def _open(self, heard: Callable[[], object], latest: float) -> None:
        if self._bell is None:
            heard()
            return
        self._loop.add_reader(self._bell, self._rung, self._bell, heard)
        self._timer = self._loop.call_later(latest, self._rung, self._bell, heard)

    def _rung(self, bell: Bell, heard: Callable[[], object]) -> None:
        self.stop()
        bell.silence()  # before the look that follows
        heard()
