"""An IMAP connection as bytes, for what no client library would send."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tests.support.imapd import PASSWORD


class ImapWire:
    """Connected; the greeting has been read. ``command`` sends and gives the lines up to the tagged one."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self._number = 0
        assert self.lines.readline().startswith(b"* OK")

    def log_in(self, user: str, password: str = PASSWORD) -> ImapWire:
        assert self.command(f"LOGIN {user} {password}")[-1].split()[1] == b"OK"
        return self

    def command(self, text: str | bytes) -> list[bytes]:
        self._number += 1
        tag = b"t%d" % self._number
        self.socket.sendall(tag + b" " + (text.encode() if isinstance(text, str) else text) + b"\r\n")
        return self.answer(tag)

    def answer(self, tag: bytes) -> list[bytes]:
        found: list[bytes] = []
        while not (found and found[-1].startswith(tag + b" ")):
            line = self.lines.readline()
            assert line, f"closed before {tag!r}: {found[-3:]}"
            found.append(line)
        return found

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def __enter__(self) -> ImapWire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@contextmanager
def logged_in(port: int, user: str) -> Iterator[ImapWire]:
    with ImapWire(port) as wire:
        yield wire.log_in(user)
