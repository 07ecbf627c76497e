"""Connections that wait in IDLE: memory of each, what all of them cost while nothing happens, and how fast clients get
there, side by side with Dovecot."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import processor, served
from tests.bench.dovecot import Dovecot
from tests.bench.figures import Figure, Group, rate
from tests.bench.progress import Progress
from tests.support.node import PASSWORD

USERS = 50
OTHER_FILES = 500  # that a process has open beside its connections
QUIET = 10.0  # seconds in which nothing happens


def compared(connections: int, peer_connections: int) -> Group:
    """Dovecot has a process for each connection, so fewer of its will do."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    connections = min(connections, most - OTHER_FILES)
    with served.served(USERS) as node, Dovecot(PASSWORD) as peer:
        ours = _measured(node.ports["imap"], node.pid, connections, [served.address(n) for n in range(USERS)])
        theirs = _measured(peer.port, peer.pid, peer_connections, [f"u{n}" for n in range(USERS)])
    figures = [
        Figure("Memory of a connection", _size(ours.memory), _size(theirs.memory), theirs.memory / ours.memory),
        Figure("LOGIN, SELECT and IDLE", rate(ours.logins), rate(theirs.logins), ours.logins / theirs.logins),
        Figure("Processor while nothing happens", _share(ours.busy), _share(theirs.busy), theirs.busy / ours.busy),
    ]
    note = f"{connections:,} connections, {peer_connections:,} to Dovecot; memory is proportional (PSS), all processes"
    return Group("Waiting connections", "Dovecot", note, figures)


@dataclass(frozen=True, slots=True)
class _Measured:
    """KiB of each connection, logins a second, and the share of a core that all processes take while all wait."""

    memory: float
    logins: float
    busy: float


def _size(kib: float) -> str:
    return f"{kib:.1f} KiB"


def _share(busy: float) -> str:
    return f"{busy:.2%} of a core"


def _measured(port: int, root: int, connections: int, users: Sequence[str]) -> _Measured:
    for user in users:
        _idle(port, user).close()
    time.sleep(1)
    before, start = memory_of(root), time.monotonic()
    held: list[socket.socket] = []
    with contextlib.ExitStack() as stack, Progress("IDLE", connections) as bar:
        for number in range(connections):
            held.append(stack.enter_context(_idle(port, users[number % len(users)])))
            bar.step()
        took = time.monotonic() - start
        time.sleep(2)
        each = (memory_of(root) - before) / connections
        spent = processor.ticks(root)
        time.sleep(QUIET)
        spent = max(processor.ticks(root) - spent, 1)  # what is less than a tick is a tick
    return _Measured(each, connections / took, spent / processor.TICKS / QUIET)


def _idle(port: int, user: str) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port))
    lines = made.makefile("rb", 512)
    lines.readline()
    made.sendall(f'a LOGIN "{user}" "{PASSWORD}"\r\nb SELECT INBOX\r\nc IDLE\r\n'.encode())
    while not (line := lines.readline()).startswith(b"+"):
        assert line, "closed before IDLE"
        assert not line.startswith((b"a NO", b"b NO", b"c BAD")), line
    lines.detach()
    return made


def memory_of(root: int) -> int:
    """KiB of a process and all its descendants, what they share counted once."""
    total = 0
    for pid in processor.family(root):
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total
