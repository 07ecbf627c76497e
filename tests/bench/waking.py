"""How soon a change reaches those who wait for it, in all processes, while others write as fast as they can."""

from __future__ import annotations

import contextlib
import multiprocessing
import selectors
import socket
import statistics
import time
from collections.abc import Iterator, Sequence

from tests.bench import served
from tests.bench.figures import Figure, Group, span
from tests.bench.imap_client import ImapClient
from tests.bench.mail import sample
from tests.bench.progress import Progress
from tests.support.node import PASSWORD

PROMISED = 0.25  # seconds
WAITING = 8  # connections of each kind
WRITERS = 4
PAUSE = 0.15  # seconds between two changes
LOST = 10.0  # seconds in which the last one must have heard
WATCH = "NOTIFY SET (PERSONAL (MessageNew MessageExpunge))"


def compared(changes: int) -> Group:
    """The ratio is 1 when the slowest takes as long as is promised."""
    with served.served(WRITERS + 2) as node:
        port = node.ports["imap"]
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(_waiting(port, "SELECT INBOX", "IDLE")) for _ in range(WAITING)]
            told = [stack.enter_context(_waiting(port, WATCH)) for _ in range(WAITING)]
            for number in range(WRITERS):
                stack.enter_context(_writing(port, served.address(number + 2)))
            writer = ImapClient(port, served.address(1), PASSWORD)
            spent = _measured(writer, [idle, told], changes)
            writer.close()
    figures = [_figure(name, times) for name, times in zip(("IDLE", "NOTIFY"), spent, strict=True)]
    note = f"{changes} messages to {2 * WAITING} connections that wait, beside {WRITERS} that append without a pause"
    return Group("A change reaches who waits for it", "promised", note, figures)


def _figure(name: str, times: Sequence[float]) -> Figure:
    shown = f"{span(statistics.median(times))}, at most {span(max(times))}"
    return Figure(name, shown, f"at most {span(PROMISED)}", PROMISED / max(times))


@contextlib.contextmanager
def _waiting(port: int, *commands: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port)) as made:
        lines = made.makefile("rb")
        lines.readline()
        for at, command in enumerate([f'LOGIN "{served.address(1)}" "{PASSWORD}"', *commands]):
            made.sendall(f"a{at} {command}\r\n".encode())
            while not (line := lines.readline()).startswith((b"a%d OK" % at, b"+")):
                assert line.startswith(b"*"), line
        lines.detach()
        yield made


@contextlib.contextmanager
def _writing(port: int, user: str) -> Iterator[None]:
    process = multiprocessing.Process(target=_write, args=(port, user), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _write(port: int, user: str) -> None:
    client, number = ImapClient(port, user, PASSWORD), 0
    while True:
        client.append("INBOX", sample(number))
        number += 1


def _measured(writer: ImapClient, waiting: Sequence[Sequence[socket.socket]], changes: int) -> list[list[float]]:
    """Seconds from the answer to whoever made the change to the first word of it, for each kind."""
    spent: list[list[float]] = [[] for _ in waiting]
    with selectors.DefaultSelector() as ears, Progress("wake-ups", changes) as bar:
        for kind, several in enumerate(waiting):
            for one in several:
                ears.register(one, selectors.EVENT_READ, (kind, one))
        for number in range(changes):
            writer.append("INBOX", sample(number))
            begun, deaf = time.perf_counter(), len(ears.get_map())
            heard: set[socket.socket] = set()
            while len(heard) < deaf and time.perf_counter() - begun < LOST:
                for key, _ in ears.select(LOST):
                    took = time.perf_counter() - begun
                    kind, one = key.data
                    if one.recv(65536) and one not in heard:
                        heard.add(one)
                        spent[kind].append(took)
            assert len(heard) == deaf, "somebody was not told"
            time.sleep(PAUSE)
            while late := ears.select(0):  # the rest of what is told
                for key, _ in late:
                    key.data[1].recv(65536)
            bar.step()
    return spent
