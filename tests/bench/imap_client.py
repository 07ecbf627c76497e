"""The thinnest IMAP client that reads whole answers, so that the server is what is measured."""

from __future__ import annotations

import socket
import time


class ImapClient:
    """Logged in. AssertionError for any answer but OK."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb", 1 << 20)
        self._lines.readline()
        self._number = 0
        self.run(f'LOGIN "{user}" "{password}"')

    def run(self, command: str) -> list[bytes]:
        """The lines of the answer, literals among them."""
        tag = self._begin(command.encode() + b"\r\n")
        return self._answer(tag)

    def timed(self, command: str) -> float:
        """Seconds until the answer had been read."""
        start = time.perf_counter()
        self.run(command)
        return time.perf_counter() - start

    def append(self, mailbox: str, message: bytes) -> None:
        tag = self._begin(f"APPEND {mailbox} {{{len(message)}}}\r\n".encode())
        line = self._lines.readline()
        assert line.startswith(b"+"), line
        self._socket.sendall(message + b"\r\n")
        self._answer(tag)

    def messages(self, mailbox: str = "INBOX") -> int:
        line = next(line for line in self.run(f"STATUS {mailbox} (MESSAGES)") if b"MESSAGES" in line)
        return int(line.partition(b"MESSAGES ")[2].rstrip(b")\r\n "))

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _begin(self, text: bytes) -> bytes:
        self._number += 1
        tag = b"a%d" % self._number
        self._socket.sendall(tag + b" " + text)
        return tag

    def _answer(self, tag: bytes) -> list[bytes]:
        lines: list[bytes] = []
        while True:
            line = self._lines.readline()
            assert line, "closed in the middle of an answer"
            lines.append(line)
            if line.startswith(tag + b" "):
                assert line.startswith(tag + b" OK"), line
                return lines
            if line.endswith(b"}\r\n"):
                lines.append(self._lines.read(int(line[line.rindex(b"{") + 1 : -3])))
