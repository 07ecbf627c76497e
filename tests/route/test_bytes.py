"""What was handed in is what is read back, byte for byte, under the trace fields that every station adds."""

from __future__ import annotations

import pytest

from tests.support import awkward
from tests.support.node import Node

ANNA = "anna@example.test"
MESSAGES = {**awkward.cpython(), **awkward.OURS}
TRACE = (b"Return-Path:", b"Delivered-To:", b"Received:", b"Authentication-Results:", b"Received-SPF:")


def deliver(node: Node, raw: bytes) -> None:
    with node.smtp() as client:
        client.ehlo("client.example.test")
        client.mail("", ["BODY=8BITMIME"])
        assert client.rcpt(ANNA)[0] == 250
        assert client.data(raw)[0] == 250


def last(node: Node) -> bytes:
    with node.imap(ANNA) as client:
        _, found = client.select("INBOX", readonly=True)
        _, parts = client.fetch(str(int(found[0] or b"0")), "(BODY.PEEK[])")
        assert isinstance(parts[0], tuple)
        return bytes(parts[0][1])


def collected(node: Node) -> bytes:
    client = node.pop3(ANNA, utf8=True)  # without it a header beyond ASCII comes as a surrogate: RFC 6858
    try:
        number, _ = client.stat()
        return b"".join(line + b"\r\n" for line in client.retr(number)[1])
    finally:
        client.quit()


@pytest.mark.parametrize("name", MESSAGES)
def test_read_back_by_imap_and_pop3(home: Node, name: str) -> None:
    raw = MESSAGES[name]
    deliver(home, raw)
    kept = last(home)
    assert kept.endswith(raw)
    added = kept[: len(kept) - len(raw)]
    assert all(line.startswith((*TRACE, b" ", b"\t")) for line in added.splitlines())
    assert collected(home) == kept


@pytest.mark.parametrize("name", MESSAGES)
def test_append_keeps_every_byte(home: Node, name: str) -> None:
    raw = MESSAGES[name]
    with home.imap("bert@example.test") as client:
        assert client.append("INBOX", None, None, raw)[0] == "OK"
        _, found = client.select("INBOX", readonly=True)
        _, parts = client.fetch(str(int(found[0] or b"0")), "(BODY.PEEK[])")
        assert isinstance(parts[0], tuple)
        assert parts[0][1] == raw
