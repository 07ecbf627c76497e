"""Large messages on their way in: in a file without a name, in ``spool/`` of the data folder.

The file goes when nobody holds its object any more, and with the process whatever happens to it; nothing is left
to be swept up.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mailnode.octets import Large

FOLDER = "spool"


def folder(data_dir: Path) -> Path:
    """Where large messages lie; made when it is not there."""
    found = data_dir / FOLDER
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


class Spooled(Large):
    """One message. Written from one end to the other, and read once it is whole. Raises OSError for a full disk."""

    __slots__ = ("_file", "_size")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._size = 0
        self._file = -1
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as opened:
            self._file = os.dup(opened.fileno())

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def __len__(self) -> int:
        return self._size

    def write(self, data: bytes) -> None:
        """Behind what is there."""
        view = memoryview(data)
        while view:
            done = os.write(self._file, view)
            self._size += done
            view = view[done:]

    def read(self, start: int, end: int) -> bytes:
        found = os.pread(self._file, end - start, start)
        while len(found) < end - start:
            more = os.pread(self._file, end - start - len(found), start + len(found))
            if not more:
                raise OSError("a spooled message has lost its end")
            found += more
        return found


def free(folder: Path) -> int:
    """Octets that the disk under the folder still takes."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
