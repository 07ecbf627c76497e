"""Debian's Postfix as the other side: it takes our mail and we take its, in all their dialects."""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Iterator

import pytest

from mailnode.lmtp import serve as lmtp
from tests.support import ports
from tests.support.network import OTHERS, Network
from tests.support.postfix import Postfix
from tests.support.smtp_doors import SmtpDoors

DOMAIN = "postfix.test"
USERS = {"carl", "dora"}
LETTER = (
    b"From: %b\r\nTo: %b\r\nSubject: between two\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9 .\r\n.\r\n..\r\n"
)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Network(tmp_path_factory.mktemp("net")) as network:
        yield network


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    """Our LMTP door, for users of example.com."""
    with SmtpDoors(lmtp, tmp_path_factory.mktemp("lmtp")) as running:
        yield running


@pytest.fixture(scope="module")
def postfix(net: Network, door: SmtpDoors) -> Iterator[Postfix]:
    routes = {"a.test": f"127.0.0.2:{net.port}", "example.com": f"lmtp://127.0.0.1:{door.port}"}
    with Postfix(DOMAIN, USERS, routes, OTHERS[DOMAIN], net.port) as other:
        yield other


def test_our_mail_arrives_there(net: Network, postfix: Postfix) -> None:
    net.a.submit("anna@a.test", ["carl@postfix.test"], LETTER % (b"anna@a.test", b"carl@postfix.test"))
    [raw] = postfix.wait_for("carl")
    assert raw.endswith("\n\né .\n.\n..\n".encode())
    assert b"Subject: between two\n" in raw
    assert net.a.json("queue", "list") == []


def test_its_mail_arrives_here(net: Network, postfix: Postfix) -> None:
    before = len(net.a.messages("bert@a.test"))
    with smtplib.SMTP(postfix.host, postfix.port, timeout=120) as client:
        client.sendmail("dora@postfix.test", ["bert@a.test"], LETTER % (b"dora@postfix.test", b"bert@a.test"))
    raw = net.a.wait_for("bert@a.test", before + 1)[-1]
    assert raw.endswith("\r\n\r\né .\r\n.\r\n..\r\n".encode())
    assert raw.startswith(b"Return-Path: <dora@postfix.test>\r\n")


def test_it_hands_over_by_lmtp(door: SmtpDoors, postfix: Postfix) -> None:
    before = len(postfix.received("dora"))
    everybody = ["ann@example.com", "full@example.com", "bob@example.com"]
    with smtplib.SMTP(postfix.host, postfix.port, timeout=120) as client:
        client.sendmail("dora@postfix.test", everybody, LETTER % (b"dora@postfix.test", b"ann@example.com"))
    report = postfix.wait_for("dora", before + 1)[-1]
    ports.until(lambda: door.inbox("ann") and door.inbox("bob"), 120, "it did not arrive")
    assert b" with LMTP id " in door.inbox("ann")[0]
    assert b"Final-Recipient: rfc822; full@example.com" in report
    assert b"ann@example.com" not in report.partition(b"Content-Type: message/rfc822")[0]


def test_its_refusal_becomes_our_report_in_its_words(net: Network, postfix: Postfix) -> None:
    before = len(net.a.messages("anna@a.test"))
    net.a.submit("anna@a.test", ["nobody@postfix.test"], LETTER % (b"anna@a.test", b"nobody@postfix.test"))
    report = net.a.wait_for("anna@a.test", before + 1)[-1]
    assert b"User unknown in virtual mailbox table" in report


def test_our_refusal_becomes_its_report(net: Network, postfix: Postfix) -> None:
    before = len(postfix.received("dora"))
    with smtplib.SMTP(postfix.host, postfix.port, timeout=120) as client:
        client.sendmail("dora@postfix.test", ["nobody@a.test"], LETTER % (b"dora@postfix.test", b"nobody@a.test"))
    report = postfix.wait_for("dora", before + 1)[-1]
    assert b"5.1.1" in report
    assert b"Action: failed" in report


def test_many_messages_over_few_connections(net: Network, postfix: Postfix) -> None:
    before = len(postfix.received("carl"))
    letter = LETTER % (b"anna@a.test", b"carl@postfix.test")
    with net.a.smtp("submission") as client:
        net.a.login(client, "anna@a.test")
        for _ in range(50):
            client.sendmail("anna@a.test", ["carl@postfix.test"], letter)
    assert len(postfix.wait_for("carl", before + 50)) == before + 50
    connected = subprocess.run(
        ["grep", "-c", "smtpd.*: connect from", str(postfix.dir / "log")], capture_output=True, text=True, check=False
    )
    assert int(connected.stdout) < 50, "a connection was made for every message"
