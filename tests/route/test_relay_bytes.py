"""Over two nodes, through queue and relay, a message keeps every byte: only fields in front are added."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import awkward
from tests.support.network import Network

MESSAGES = {**awkward.cpython(), **awkward.OURS}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("net"), mynetworks="127.0.0.0/8") as network:
        yield network


def test_every_message_arrives_whole(net: Network) -> None:
    with net.a.smtp() as client:
        client.ehlo("client.a.test")
        for raw in MESSAGES.values():
            client.mail("anna@a.test", ["BODY=8BITMIME"])
            assert client.rcpt("bert@b.test")[0] == 250
            assert client.data(raw)[0] == 250
    left = net.b.wait_for("bert@b.test", len(MESSAGES), seconds=120)
    assert len(left) == len(MESSAGES)
    for name, raw in sorted(MESSAGES.items(), key=lambda item: -len(item[1])):
        found = [kept for kept in left if kept.endswith(raw)]
        assert found, name
        left.remove(min(found, key=len))
    assert net.a.json("queue", "list") == []


def test_a_message_that_has_come_round_too_often_is_returned(net: Network) -> None:
    before = len(net.a.messages("anna@a.test"))
    net.a.submit(
        "anna@a.test", ["bert@b.test"], b"Received: by x\r\n" * 101 + b"From: anna@a.test\r\nSubject: loop\r\n\r\n"
    )
    assert b"5.4.6" in net.a.wait_for("anna@a.test", before + 1)[-1]
