"""A client that waits long is told that its command is still being carried out (RFC 9585).

How much of the work is done is not known, so no numbers are given. Answers are written in whole lines, so the notice
may come between any two of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Command

SECONDS = 10.0  # RFC 9585 §4: not more often than that


class Patience:
    """Begins when it is made."""

    __slots__ = ("_command", "_timer", "_write")

    def __init__(self, write: Callable[[bytes], None], command: Command) -> None:
        self._write = write
        self._command = command
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._tell)

    def end(self) -> None:
        self._timer.cancel()

    def _tell(self) -> None:
        self._write(responses.untagged_ok("Still at work", f'INPROGRESS ("{self._command.tag}" NIL NIL)'))
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._tell)
