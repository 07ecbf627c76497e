"""The name under which this process leases recipients, and the proof that its forerunner is dead.

The name lies in a file of the data folder, and the process holds a lock on that file as long as it
lives; the kernel lets go of the lock even after SIGKILL. Whoever gets the lock knows that no living
process leases under the name, and may take over at once what the dead one left behind. A second
queue process on the same data folder gets a name for its life only.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

FILE = "queue-owner"


class Owner:
    """``name`` for the leases; ``lone`` when the name has been this data folder's before and nobody else's."""

    def __init__(self, data_dir: Path) -> None:
        self._handle = os.open(data_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.lone = True
        except BlockingIOError:
            self.lone = False
        self.name = self._kept() if self.lone else secrets.token_hex(16)

    def _kept(self) -> str:
        """The name in the file, written there when it is new."""
        name = os.pread(self._handle, 64, 0).decode("ascii", "replace")
        if len(name) != 32 or not name.isalnum():
            name = secrets.token_hex(16)
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, name.encode("ascii"), 0)
            os.fsync(self._handle)
        return name

    def close(self) -> None:
        os.close(self._handle)
