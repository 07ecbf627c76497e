"""What it costs to open a mailbox and to see its first page: one of a million messages beside one of ten thousand.

Before each opening a message has come, so that nothing is answered from what was known; the large mailbox has gaps.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.database import begin_write
from mailnode.store import entries, mailboxes, messages
from tests.bench import served
from tests.bench.figures import Figure, Group, span
from tests.bench.imap_client import ImapClient
from tests.bench.large_mailbox import fill
from tests.bench.mail import sample
from tests.bench.progress import Progress
from tests.support.api import Api
from tests.support.node import PASSWORD, Node

SMALL = 10_000
PAGE = 50
EVERY = 1000  # which of the messages are removed again


def compared(count: int, rounds: int) -> Group:
    """``count`` messages in the large one. The ratio is 1 when it costs no more than the small one."""
    with served.made(3) as node:
        with served.store(node) as engine:
            for number, many in ((1, SMALL), (2, count)):
                _fill(engine, served.user_id(engine, served.address(number)), many)
        with served.running(node), served.store(node) as engine:
            figures = [
                _figure("IMAP: SELECT, newest 50", engine, rounds, lambda number: _by_imap(node, number)),
                _figure("API: mailboxes, newest 50", engine, rounds, _by_api(node)),
            ]
    title = f"A mailbox of {count:,} messages"
    return Group(title, f"the same with {SMALL:,}", f"median of {rounds} openings, a new message before each", figures)


def _fill(engine: Engine, user: int, count: int) -> None:
    with Progress(f"a mailbox of {count:,}", count) as bar:
        fill(engine, user, "INBOX", count, distinct=2000, step=bar.step)
    with Session(engine) as tx:
        begin_write(tx)
        inbox = mailboxes.by_name(tx, user, "INBOX").id
        gone = [(uid, uid) for uid in range(EVERY, count, EVERY)]
        entries.expunge(tx, user, inbox, gone, only_deleted=False)
        mailboxes.claim_recent(tx, user, inbox)
        tx.commit()


def _deliver(engine: Engine, user: int, number: int) -> None:
    with Session(engine) as tx:
        begin_write(tx)
        messages.append(tx, user, "INBOX", sample(number))
        tx.commit()


def _figure(name: str, engine: Engine, rounds: int, opened: Callable[[int], float]) -> Figure:
    """``opened`` takes the number of a user: 1 has the small mailbox, 2 the large one."""
    spent: dict[int, list[float]] = {1: [], 2: []}
    users = {number: served.user_id(engine, served.address(number)) for number in spent}
    for round_ in range(rounds + 1):
        for number, user in users.items():
            _deliver(engine, user, SMALL + round_)
            took = opened(number)
            if round_:
                spent[number].append(took)
    small, large = (statistics.median(times) for times in spent.values())
    return Figure(name, span(large), span(small), small / large)


def _by_imap(node: Node, number: int) -> float:
    client = ImapClient(node.ports["imap"], served.address(number), PASSWORD)
    start = time.perf_counter()
    exists = next(int(line.split()[1]) for line in client.run("SELECT INBOX") if line.rstrip().endswith(b"EXISTS"))
    client.run(f"FETCH {exists - PAGE + 1}:* (UID FLAGS ENVELOPE)")
    took = time.perf_counter() - start
    client.close()
    return took


def _by_api(node: Node) -> Callable[[int], float]:
    clients = {number: Api(node, served.address(number)) for number in (1, 2)}

    def opened(number: int) -> float:
        start = time.perf_counter()
        inbox = next(box["id"] for box in clients[number].get("/mailboxes")["items"] if box["special_use"] == "inbox")
        clients[number].get(f"/messages?mailbox={inbox}&limit={PAGE}")
        return time.perf_counter() - start

    return opened
