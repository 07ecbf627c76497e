"""The file lock that writers of one SQLite database take turns by.

Waiting is fair and wakes at once, where SQLite's own busy handler sleeps and guesses. The kernel lets go
of the lock when its holder dies; one that is merely stopped keeps it, so whoever must not hang says how
long to wait.

After a commit a byte of the file is read. That changes nothing, and whoever has inotify on the file hears of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading


def beside(database: str) -> str:
    """The path of the lock of this SQLite database."""
    return f"{database}.lock"


def opened(path: str) -> int:
    """A handle on the file, which is made if need be and has a byte in it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not os.fstat(handle).st_size:
        os.pwrite(handle, b"\n", 0)
    return handle


class WriteLock:
    """One connection's part in the lock. Not shared by threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = -1
        self._held = False

    def take(self, patience: float | None = None) -> bool:
        """Wait for the lock; False when it did not come within ``patience`` seconds. None waits for ever."""
        if self._handle < 0:
            self._handle = opened(self._path)
        self._held = self._taken(patience)
        if not self._held:
            self._handle = -1  # it is the waiting thread's now
        return self._held

    def _taken(self, patience: float | None) -> bool:
        if patience is None:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            return True
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return _Wait(self._handle).within(patience)

    def give_back(self, *, changed: bool = False) -> None:
        """``changed``: something has been committed."""
        if not self._held:
            return
        self._held = False
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        if changed:
            os.pread(self._handle, 1, 0)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            self._held = False


class _Wait:
    """A wait in a thread of its own, since nothing else can be taken out of ``flock`` again."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._turn = threading.Lock()
        self._got_it = threading.Event()
        self._given_up = False

    def within(self, seconds: float) -> bool:
        """True with the lock held; False: the handle is closed as soon as the lock comes."""
        threading.Thread(target=self._run, name="write lock", daemon=True).start()
        if self._got_it.wait(seconds):
            return True
        with self._turn:
            self._given_up = not self._got_it.is_set()
        return not self._given_up

    def _run(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        with self._turn:
            if self._given_up:
                os.close(self._handle)
            else:
                self._got_it.set()
