"""Many clients, each half-way through a large message: the memory of all processes, and whether others are served.

.venv/bin/python -m tests.bench.half_sent [--sessions 1000] [--megabytes 25]

Needs twice as much free disk as is sent: the spool takes half of it at most.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import selectors
import smtplib
import socket
import sys
import time

from tests.bench import served
from tests.bench.figures import span
from tests.bench.idle import memory_of
from tests.bench.progress import Progress

LINE = b"x" * 76 + b"\r\n"
PIECE = LINE * (65536 // len(LINE))
MIB = 1024 * 1024


def begun(port: int) -> socket.socket:
    """A client whose content is awaited."""
    made = socket.create_connection(("127.0.0.1", port), timeout=120)
    with made.makefile("rb") as lines:
        for command in (b"HELO client.example.org", b"MAIL FROM:<>", b"RCPT TO:<u0@example.com>", b"DATA"):
            assert lines.readline()[:1] == b"2"
            made.sendall(command + b"\r\n")
        assert lines.readline()[:3] == b"354"
    made.setblocking(False)
    return made


def send(clients: list[socket.socket], octets: int, bar: Progress) -> None:
    """So much of each one's message, all at the same time."""
    left = dict.fromkeys(clients, octets)
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client, selectors.EVENT_WRITE)
        while left:
            for key, _ in waiting.select(60):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                with contextlib.suppress(BlockingIOError):
                    left[client] -= client.send(PIECE)
                if left[client] <= 0:
                    waiting.unregister(client)
                    del left[client]
                    bar.step()


def measured(sessions: int, octets: int) -> str:
    """One sentence about it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with served.served(2, connections_per_address=str(sessions)) as node, contextlib.ExitStack() as stack:
        port = node.ports["smtp"]
        stack.enter_context(contextlib.closing(begun(port)))
        before = memory_of(node.pid)
        with Progress("DATA", sessions) as bar:
            clients = [stack.enter_context(contextlib.closing(begun(port))) for _ in range(sessions)]
            send(clients, octets, bar)
        held = memory_of(node.pid) - before
        start = time.monotonic()
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as other:
            other.sendmail("", ["u1@example.com"], b"Subject: small\r\n\r\nHello\r\n")
        took = time.monotonic() - start
    sent = f"{sessions:,} sessions with {octets / MIB:,.0f} MiB each ({sessions * octets / MIB / 1024:,.1f} GiB)"
    return f"{sent}: {held / 1024:,.0f} MiB more memory in all processes; another client served in {span(took)}"


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.half_sent")
    options.add_argument("--sessions", type=int, default=1000)
    options.add_argument("--megabytes", type=int, default=25)
    given = options.parse_args()
    print(measured(given.sessions, given.megabytes * MIB))
    return 0


if __name__ == "__main__":
    sys.exit(main())
