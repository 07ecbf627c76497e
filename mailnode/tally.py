"""Counts of what happens in all processes of a machine, for whoever watches it (``GET /metrics``).

Each process has a file of its own in the data folder, mapped into memory: to count is to add to a number there, without
a call of the system, and a reader adds up the files of all. A process that dies leaves its file behind; the next one to
begin takes over what it has counted, so that counts never go down while the folder lives. What is there now (`put`)
dies with its process. Where there is no room for another name, or no disk, nothing is counted.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDER = "tally"  # of the data folder
SLOTS = 256  # names
NAME = 120  # octets of a name
SIZE = SLOTS * (8 + NAME)
NOW = "now "  # how the names begin of what is there now

Names = dict[str, int]


class Tally:
    """The counts of this process. Raises OSError where the file cannot be made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._slots: Names = {}
        self._guard = threading.Lock()
        with _alone(folder):
            self._fd, self._map = _made(folder / secrets.token_hex(8))
            self._values = memoryview(self._map)[: SLOTS * 8].cast("q")
            for dead in _dead(folder):
                for name, value in _counted(dead.read_bytes()).items():
                    if not name.startswith(NOW):
                        self.add(name, value)
                dead.unlink()

    def add(self, name: str, number: int = 1) -> None:
        with self._guard:
            if (slot := self._slot(name)) is not None:
                self._values[slot] += number

    def put(self, name: str, value: int) -> None:
        with self._guard:
            if (slot := self._slot(name)) is not None:
                self._values[slot] = value

    def anew(self) -> Tally:
        """For a process that was forked: a file of its own. This one is the parent's."""
        os.close(self._fd)
        return Tally(self._folder)

    def _slot(self, name: str) -> int | None:
        slot = self._slots.get(name)
        if slot is None:
            written = name.encode()
            slot = len(self._slots)
            if slot == SLOTS or len(written) > NAME:
                return None
            start = SLOTS * 8 + slot * NAME
            self._map[start : start + len(written)] = written
            self._slots[name] = slot
        return slot


_mine: Tally | None = None


def begin(data_dir: Path) -> None:
    """From now on this process counts, and each that it forks; it does not where there is no room on the disk."""
    global _mine  # noqa: PLW0603 - a process counts for itself, whoever in it says so
    with contextlib.suppress(OSError):
        _mine = Tally(data_dir / FOLDER)


def add(name: str, number: int = 1) -> None:
    """So many more have happened."""
    if _mine is not None:
        _mine.add(name, number)


def put(name: str, value: int) -> None:
    """So many are here now, in this process."""
    if _mine is not None:
        _mine.put(NOW + name, value)


def totals(data_dir: Path) -> Names:
    """All counts, those of processes that have died too; the names of what is there now begin with `NOW`."""
    folder, found = data_dir / FOLDER, Counter[str]()
    if not folder.is_dir():
        return {}
    with _alone(folder):
        dead = set(_dead(folder))
        for file in _files(folder):
            named = _counted(file.read_bytes())
            found.update({name: value for name, value in named.items() if file not in dead or not name.startswith(NOW)})
    return dict(found)


def _forked() -> None:
    global _mine  # noqa: PLW0603
    parents, _mine = _mine, None
    if parents is not None:
        with contextlib.suppress(OSError):
            _mine = parents.anew()


os.register_at_fork(after_in_child=_forked)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Files come, go and are added up one at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(path: Path) -> tuple[int, mmap.mmap]:
    """A file with room for everything, locked for as long as its process lives."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        os.posix_fallocate(number, 0, SIZE)  # on a disk that is full a mapping without room would end the process
        return number, mmap.mmap(number, SIZE)
    except OSError:
        os.close(number)
        path.unlink()
        raise


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.name != "lock"]


def _dead(folder: Path) -> Iterator[Path]:
    """Files whose processes have ended."""
    for file in _files(folder):
        with file.open("rb") as opened, contextlib.suppress(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file


def _counted(content: bytes) -> Names:
    """What a file holds; nothing, when its process had no time to make it."""
    if len(content) != SIZE:
        return {}
    values = memoryview(content)[: SLOTS * 8].cast("q")
    names = (content[start : start + NAME].rstrip(b"\0") for start in range(SLOTS * 8, SIZE, NAME))
    return {name.decode("utf-8", "replace"): value for name, value in zip(names, values, strict=True) if name}
