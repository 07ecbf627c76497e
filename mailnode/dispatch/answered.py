"""What other hosts have taken and the database does not know yet: a note that outlives kill -9.

Between a host's 250 and the commit that records it lie some milliseconds. A process that is killed in
them would send again what has been taken. So each delivered recipient is first noted in a small file of
the data folder; the kernel keeps what a dead process has written. The next process ends those
recipients before it takes over the dead one's leases. A power cut may lose the note: then the message
is sent twice rather than never (RFC 1047).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from mailnode import log

FILE = "queue-answered"
LARGE = 1 << 16  # octets

_log = log.get("dispatch")


class Answered:
    """The file; only the process that is its data folder's `Owner` may have it open."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._handle = _opened(self._path)
        self._size = os.fstat(self._handle).st_size

    def note(self, recipient_ids: Iterable[int]) -> None:
        """Keep the ids; a full disk costs the note and nothing else: what it has taken half of would become another
        number with the next note."""
        lines = _lines(recipient_ids)
        try:
            if os.write(self._handle, lines) < len(lines):
                os.ftruncate(self._handle, self._size)
            else:
                self._size += len(lines)
        except OSError as error:
            _log.warning("not noted", error=str(error))

    def left(self) -> list[int]:
        """The ids that the last process did not live to record. A half-written last line is none."""
        lines = os.pread(self._handle, self._size, 0).split(b"\n")[:-1]
        return [int(line) for line in lines if line.isdigit()]

    def recorded(self, unrecorded: Sequence[int] = ()) -> None:
        """Everything noted is recorded but ``unrecorded``. The file is made small when that is worth while."""
        if not unrecorded:
            os.ftruncate(self._handle, 0)
            self._size = 0
        elif self._size > LARGE:
            new = self._path.with_suffix(".new")
            new.write_bytes(_lines(unrecorded))
            new.replace(self._path)
            os.close(self._handle)
            self._handle = _opened(self._path)
            self._size = os.fstat(self._handle).st_size

    def close(self) -> None:
        os.close(self._handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _lines(recipient_ids: Iterable[int]) -> bytes:
    return b"".join(b"%d\n" % one for one in recipient_ids)
