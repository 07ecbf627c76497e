"""What waits and what is interrupted: nothing is lost and nothing is doubled."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from mailnode.relay import pace
from tests.support import ports
from tests.support.gate import Gate
from tests.support.network import OTHERS, Network
from tests.support.node import Node

LETTER = b"From: anna@a.test\r\nTo: bert@b.test\r\nSubject: x\r\nX-Number: %d\r\n\r\n" + b"text " * 15 + b"\r\n"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("net")) as made:
        yield made


@pytest.fixture
def net(network: Network) -> Iterator[Network]:
    """Both nodes serve at their usual places, with empty queues and mailboxes, however the last test ended."""
    network.b.move("smtp", network.port)
    for node in (network.a, network.b):
        if node.process is None:
            node.start()
        for row in node.json("queue", "list"):
            node.cli("queue", "delete", str(row["id"]))
    for node, user in ((network.a, "anna@a.test"), (network.b, "bert@b.test")):
        with node.imap(user) as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS.SILENT", r"\Deleted")
            client.expunge()
    yield network
    if network.b.ports["smtp"] != network.port:
        network.b.stop()


def deferred(node: Node) -> list[str]:
    """The ids of queue messages with a recipient that was tried in vain."""
    shown = [node.json("queue", "show", str(row["id"])) for row in node.json("queue", "list")]
    return [str(row["id"]) for row in shown if any(each["attempts"] for each in row["recipients"])]


def numbers(raws: list[bytes]) -> Counter[int]:
    return Counter(int(number) for raw in raws for number in re.findall(rb"^X-Number: (\d+)", raw, re.MULTILINE))


def test_deferred_while_the_other_side_is_away_then_delivered(net: Network) -> None:
    net.b.stop()
    net.a.submit("anna@a.test", ["bert@b.test"], LETTER % 1)
    ports.until(lambda: deferred(net.a), what="deferred")
    net.b.start()
    [number] = deferred(net.a)
    net.a.cli("queue", "retry", number)
    assert numbers(net.b.wait_for("bert@b.test")) == {1: 1}
    ports.until(lambda: net.a.json("queue", "list") == [], what="the queue is empty")


def test_held_messages_wait_for_release(net: Network) -> None:
    net.b.stop()
    net.a.submit("anna@a.test", ["bert@b.test"], LETTER % 1)
    ports.until(lambda: deferred(net.a), what="deferred")
    [number] = deferred(net.a)
    net.a.cli("queue", "hold", number)
    net.b.start()
    net.a.cli("queue", "release", number)
    net.a.cli("queue", "retry", number)
    assert numbers(net.b.wait_for("bert@b.test")) == {1: 1}


def test_deleted_messages_are_gone_without_a_report(net: Network) -> None:
    net.a.submit("anna@a.test", ["x@silent.test"], LETTER % 1)
    ports.until(lambda: deferred(net.a), what="deferred")
    [number] = deferred(net.a)
    net.a.cli("queue", "delete", number)
    assert net.a.json("queue", "list") == []
    assert net.a.messages("anna@a.test") == []


def test_killing_the_queue_process_half_way_through_a_message(net: Network) -> None:
    """The gate stands before B: A is killed while the message is half over, and B never sees its end."""
    net.b.stop()
    public, inner = net.port, ports.free(net.b.host)
    net.b.move("smtp", inner)
    net.b.start()
    with Gate(net.b.host, public, (net.b.host, inner), 100_000) as gate:
        net.a.submit("anna@a.test", ["bert@b.test"], LETTER % 1 + b"0123456789\r\n" * 40_000)
        assert gate.reached.wait(120)
        killed = net.a.process_id("queue")
        os.kill(killed, signal.SIGKILL)
        ports.until(lambda: net.a.process_id("queue") != killed, what="the supervisor started another")
        gate.open()
        release(net.a)
        assert numbers(net.b.wait_for("bert@b.test", seconds=120)) == {1: 1}
    ports.until(lambda: net.a.json("queue", "list") == [], what="the queue is empty")
    assert numbers(net.b.messages("bert@b.test")) == {1: 1}


def test_killing_the_whole_node_with_a_full_queue(net: Network) -> None:
    """Fifty messages wait for B; A dies twice while it hands them over.

    A message whose 250 was on its way when A died comes again: SMTP cannot tell (RFC 1047). That can be
    one for each connection that was open, of which there may be 20 to one host, and no more.
    """
    net.b.stop()
    for number in range(50):
        net.a.submit("anna@a.test", ["bert@b.test"], LETTER % number)
    net.a.kill()
    net.b.start()
    for _ in range(2):
        net.a.start()
        release(net.a)
        net.a.kill()
    net.a.start()
    ports.until(lambda: release(net.a) == 0, what="the queue is empty")
    found = numbers(net.b.messages("bert@b.test"))
    assert set(found) == set(range(50)), "lost"
    assert sum(found.values()) - 50 <= 2 * pace.MOST, "doubled"


def release(node: Node) -> int:
    """Make everything in the queue due now; how much there was."""
    rows = node.json("queue", "list")
    if rows:
        node.cli("queue", "retry")
    return len(rows)


def test_nobody_home_is_tried_again_later_not_given_up(net: Network) -> None:
    assert OTHERS["silent.test"]
    net.a.submit("anna@a.test", ["x@silent.test"], LETTER % 1)
    ports.until(lambda: deferred(net.a), what="deferred")
    assert net.a.messages("anna@a.test") == [], "no report yet"
