"""Attack: addresses that lead round in a circle, over two nodes. The mail comes to rest, and so do its reports."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.network import Network


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("net")) as network:
        network.a.cli("alias", "add", "round@a.test", "round@b.test")
        network.b.cli("alias", "add", "round@b.test", "round@a.test")
        yield network


def at_rest(net: Network, seconds: float = 180) -> None:
    """Both queues are empty, and stay so for a while."""
    end, still = time.monotonic() + seconds, 0
    while still < 10:
        assert time.monotonic() < end, f"{net.a.json('queue', 'list')}\n{net.b.json('queue', 'list')}"
        busy = net.a.json("queue", "list") or net.b.json("queue", "list")
        still = 0 if busy else still + 1
        time.sleep(0.2)


@pytest.mark.timeout(300)
def test_a_circle_over_two_nodes_ends_with_a_report(net: Network) -> None:
    net.a.submit("anna@a.test", ["round@a.test"], b"From: anna@a.test\r\nSubject: circle\r\n\r\nround\r\n")
    [report] = net.a.wait_for("anna@a.test", 1, seconds=180)
    assert b"5.4.6" in report
    at_rest(net)
    assert len(net.a.messages("anna@a.test")) == 1


@pytest.mark.timeout(300)
def test_a_report_into_a_circle_is_never_reported(net: Network) -> None:
    """The sender is the circle itself: the report goes round as well, and then there is silence."""
    with net.b.smtp() as client:
        client.ehlo("client.a.test")
        client.mail("round@a.test")
        client.rcpt("round@b.test")
        assert client.data(b"Subject: both\r\n\r\nround\r\n")[0] == 250
    at_rest(net)
    for node, user in ((net.a, "anna@a.test"), (net.b, "bert@b.test")):
        assert not [raw for raw in node.messages(user) if b"both" in raw]
