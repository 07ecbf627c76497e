"""Load for a server that is about to be killed: clients that remember what they were promised."""

from __future__ import annotations

import contextlib
import itertools
import re
import smtplib
import subprocess
import threading
from collections.abc import Iterator

from tests.support import needs, ports
from tests.support.node import Node

NUMBERS = itertools.count(1)
MESSAGE = "From: s@example.org\r\nTo: {to}\r\nMessage-ID: <{number}@load.example>\r\nX-Sum: {number}\r\n\r\n{body}"


def body(number: int) -> str:
    """A body that can be told from every other one; about 4 KB."""
    return f"{number * 7919:016d}\r\n" * 220


class Promises:
    """Clients that send numbered messages to one user until the server is gone.

    ``kept`` holds the numbers that were answered 250, ``open`` those whose answer never came: they may
    be there or not, once.
    """

    def __init__(self, node: Node, user: str, clients: int = 4) -> None:
        self.kept: set[int] = set()
        self.open: set[int] = set()
        self._node, self._user = node, user
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Promises:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for thread in self._threads:
            thread.join(90)

    def wait_for_one(self) -> None:
        """Until something was promised."""
        ports.until(lambda: self.kept, 120, "a message is answered 250")

    def _send(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException), self._node.smtp() as client:
            client.ehlo("load.example")
            for number in NUMBERS:
                client.mail("s@example.org")
                client.rcpt(self._user)
                self.open.add(number)
                code, _ = client.data(MESSAGE.format(to=self._user, number=number, body=body(number)).encode())
                self.open.discard(number)
                if code == 250:
                    self.kept.add(number)


@contextlib.contextmanager
def smtp_source(node: Node, user: str, sessions: int = 10, size: int = 4096) -> Iterator[list[int]]:
    """Postfix's smtp-source at full speed; at the end the list holds how many messages it has sent.

    It counts before the answer comes: all but the last of each session were answered 250.
    """
    process = _smtp_source(node, user, sessions, size)
    sent: list[int] = []
    try:
        yield sent
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        counted = re.findall(rb"\d+", process.communicate()[0])
        sent.append(int(counted[-1]) if counted else 0)


@contextlib.contextmanager
def busy(node: Node, user: str, sessions: int) -> Iterator[None]:
    """The same for as long as it is needed, not counted."""
    process = _smtp_source(node, user, sessions, 4096)
    try:
        yield
        assert process.poll() is None, "there was no load"
    finally:
        process.kill()
        process.communicate()


def _smtp_source(node: Node, user: str, sessions: int, size: int) -> subprocess.Popen[bytes]:
    place = f"{node.host}:{node.ports['smtp']}"
    command = [needs.program("smtp-source"), "-c", "-s", str(sessions), "-m", "1000000", "-l", str(size)]
    command += ["-M", "load.example", "-f", "s@example.org", "-t", user, place]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
