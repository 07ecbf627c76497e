"""A bug of ours is told as a passing fault, without detail, and harms neither the connection nor other clients."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mailnode.smtpd.reception import Limits
from tests.support.smtpd import SmtpdThread

ENVELOPE = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n"
CONTENT = b"NOOP\r\nVRFY x\r\n"  # what must not be taken for commands
FAULT = b"451 4.3.0"
MESSAGE = {
    "DATA": b"DATA\r\n" + CONTENT + b".\r\n",
    "BDAT": b"BDAT %d LAST\r\n" % len(CONTENT) + CONTENT,
}


@pytest.fixture
def server() -> Iterator[SmtpdThread]:
    with SmtpdThread(Limits()) as running:
        running.recorder.refuse_early = False
        yield running


def replies(server: SmtpdThread, sent: bytes) -> list[bytes]:
    """The last line of each reply, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(sent)
        return [line for line in client.makefile("rb").read().split(b"\r\n") if line[3:4] == b" "]


@pytest.mark.parametrize("way", MESSAGE)
def test_a_fault_while_a_message_is_taken(server: SmtpdThread, way: str) -> None:
    server.recorder.faulty = "on_message"
    heard = replies(server, ENVELOPE + MESSAGE[way] + b"QUIT\r\n")
    assert heard[-2].startswith(FAULT)
    assert heard[-1].startswith(b"221")
    assert b"secret" not in b"".join(heard)


@pytest.mark.parametrize(("way", "farewell"), [("BDAT", [b"221"]), ("DATA", [])])
def test_a_fault_before_a_content_makes_no_commands_of_it(server: SmtpdThread, way: str, farewell: list[bytes]) -> None:
    """Nobody knows where a content ends that came unasked, so the connection does; a chunk has its length."""
    server.recorder.faulty = "on_data"
    heard = replies(server, ENVELOPE + MESSAGE[way] + b"QUIT\r\n")
    assert [line[:3] for line in heard] == [b"220", b"250", b"250", b"250", b"451", *farewell]
    assert heard[4].startswith(FAULT)


def test_a_fault_at_the_greeting(server: SmtpdThread) -> None:
    server.recorder.faulty = "on_connect"
    [only] = replies(server, b"")
    assert only.startswith(FAULT)
    assert b"secret" not in only


def test_the_length_of_a_line_belongs_to_its_command(server: SmtpdThread) -> None:
    """AUTH may be long (RFC 4954 §4); that it was for one client or one command changes nothing for others."""
    short, long = b"NOOP " + b"x" * 2000, b"NOOP " + b"x" * 3000
    for _ in range(2):
        heard = replies(server, short + b"\r\n" + b"AUTH PLAIN " + b"x" * 9000 + b"\r\n" + long + b"\r\nQUIT\r\n")
        assert heard[1].startswith(b"250")
        assert not heard[2].startswith(b"500 5.5.2 The line is too long")
        assert heard[3].startswith(b"500 5.5.2")


def test_a_hundred_connections_of_one_address_are_enough_unless_set_otherwise(server: SmtpdThread) -> None:
    kept = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(100)]
    assert all(one.recv(100).startswith(b"220") for one in kept)
    assert replies(server, b"")[0].startswith(b"421 4.7.0 Too many connections")
    for one in kept:
        one.close()
