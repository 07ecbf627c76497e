"""How soon a change through any door reaches all who wait, in all processes, while others write without a pause."""

from __future__ import annotations

import contextlib
import multiprocessing
import statistics
from collections.abc import Iterator

from tests.bench import served
from tests.bench.figures import Figure, Group, span
from tests.bench.imap_client import ImapClient
from tests.bench.mail import sample
from tests.bench.progress import Progress
from tests.support import waking
from tests.support.node import PASSWORD
from tests.support.waking import DOORS, PROMISED, SETTINGS

SEVERAL = 4  # who wait, of each kind
WRITERS = 4


def compared(rounds: int) -> Group:
    """The ratio is 1 when the slowest takes as long as is promised; each round goes through every door."""
    user = served.address(1)
    spent: dict[str, list[float]] = {name: [] for name in DOORS}
    with served.served(WRITERS + 2, **SETTINGS) as node:
        waking.by_append(node, user)
        with waking.waiting(node, user, SEVERAL) as ears, contextlib.ExitStack() as stack:
            for number in range(WRITERS):
                stack.enter_context(_writing(node.ports["imap"], served.address(number + 2)))
            with Progress("wake-ups", rounds * len(DOORS)) as bar:
                for _ in range(rounds):
                    for name, told in spent.items():
                        told.append(max(waking.measured(node, user, ears, name).values()))
                        bar.step()
    note = (
        f"The last of {SEVERAL} each in IDLE, in NOTIFY and at an event stream, {rounds} times, beside {WRITERS} "
        "connections that append without a pause"
    )
    return Group("A change reaches who waits for it", "promised", note, [_figure(*one) for one in spent.items()])


def _figure(name: str, times: list[float]) -> Figure:
    shown = f"{span(statistics.median(times))}, at most {span(max(times))}"
    return Figure(name, shown, f"at most {span(PROMISED)}", PROMISED / max(*times, 0.0001))


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
