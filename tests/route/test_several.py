"""Several nodes on one PostgreSQL and one object store: promises of one are kept by all, nothing is sent twice."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ports
from tests.support.composed import ANNA, Installation, installed
from tests.support.load import Promises, body
from tests.support.node import Node, running
from tests.support.postgres import Postgres

LETTER = b"From: anna@example.test\r\nTo: far@far.test\r\nX-Number: %d\r\n\r\nhello\r\n"
FAR = "far@far.test"
MESSAGES = 100
KILLS = 5


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Somebody else's server, which takes all mail that leaves."""
    node = Node(
        tmp_path_factory.mktemp("far"),
        web=False,
        nameservers="127.0.0.1:9",
        smtpd_restrictions="reject_unauth_destination",
    )
    node.init("far.test").add_user(FAR)
    with running(node):
        yield node


@pytest.fixture
def both(postgres: Postgres, far: Node, tmp_path: Path) -> Iterator[Installation]:
    with installed(postgres, tmp_path, smarthost=f"smtp://{far.host}:{far.ports['smtp']}") as made:
        yield made


def numbers(raws: list[bytes], field: bytes) -> Counter[int]:
    return Counter(int(number) for raw in raws for number in re.findall(rb"^%b: (\d+)" % field, raw, re.MULTILINE))


def test_queue_processes_share_the_work_and_send_nothing_twice(both: Installation, far: Node) -> None:
    clients = [node.smtp("submission") for node in (both.node1, both.node2)]
    for client in clients:
        both.node1.login(client, ANNA)
    for number in range(MESSAGES):
        clients[number % 2].sendmail(ANNA, [FAR], LETTER % number)
    ports.until(lambda: both.node1.json("queue", "list") == [], 120, "the queue is empty")
    assert numbers(far.messages(FAR), b"X-Number") == dict.fromkeys(range(MESSAGES), 1)
    assert all(b'"sent"' in node.log.read_bytes() for node in (both.node1, both.node2)), "one node did all the work"


@pytest.mark.timeout(300)
def test_what_a_killed_node_promised_is_read_at_the_other(both: Installation) -> None:
    kept: set[int] = set()
    unsure: set[int] = set()
    for kill in range(KILLS):
        if both.node1.process is None:
            both.node1.start()
        with Promises(both.node1, ANNA) as promises:
            promises.wait_for_one()
            time.sleep(0.3 + 0.1 * kill)
            both.node1.kill()
        kept |= promises.kept
        unsure |= promises.open
    found = both.node2.messages(ANNA)
    counted = numbers(found, b"X-Sum")
    assert kept
    assert kept - set(counted) == set(), "answered 250 and lost"
    assert set(counted) <= kept | unsure
    assert set(counted.values()) == {1}
    assert all(raw.endswith(body(int(re.findall(rb"X-Sum: (\d+)", raw)[0])).encode()) for raw in found)
