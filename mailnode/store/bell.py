"""Hearing at once that some process has committed: inotify on the file that SQLite's writers take turns by.

Whoever gives the lock back after a commit reads from that file (see ``write_lock``), which is all that it takes. Linux
has inotify and others have not: there is no `Bell` then.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

from sqlalchemy import Engine

from mailnode import write_lock

IN_ACCESS = 0x1
SOME = 4096  # octets: a few hundred events, of which the kernel keeps equal ones once


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
