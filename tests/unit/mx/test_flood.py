"""Strangers who do all that they can at once; others are served meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.strangers import KNOWN, NUMBERED, letter, stranger_door

MOST = 20  # connections of one address


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    settings = {"connections_per_address": MOST, "error_delay": 30, "stranger_rates": "client:recipients=400/m"}
    with stranger_door(tmp_path_factory.mktemp("mx"), **settings) as running:
        yield running


def attack(door: SmtpDoors, opened: ExitStack, said: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", door.port), timeout=60, source_address=(NUMBERED, 0))
    opened.enter_context(connection)
    connection.sendall(said)
    return connection


def assert_others_are_served(door: SmtpDoors) -> None:
    with Talk(door.port, "mx.example.test", KNOWN) as talk:
        assert talk.send("ann@plain.test", ["ann@example.com"], letter()).startswith("250")


def test_connections_that_say_nothing(door: SmtpDoors) -> None:
    with ExitStack() as opened:
        idle = [attack(door, opened) for _ in range(3 * MOST)]
        greetings = [one.recv(4) for one in idle]
        assert (greetings.count(b"220 "), greetings.count(b"421 ")) == (MOST, 2 * MOST)
        assert_others_are_served(door)


def test_lines_commands_and_recipients_without_end(door: SmtpDoors) -> None:
    floods = (
        b"x" * 1_000_000,
        b"NOOP\r\n" * 10_000,
        b"EHLO a.test\r\nMAIL FROM:<a@plain.test>\r\n" + b"RCPT TO:<nobody@example.com>\r\n" * 10_000,
        b"EHLO a.test\r\nMAIL FROM:<a@plain.test>\r\n" + b"RCPT TO:<ann@example.com>\r\n" * 10_000,
        b"EHLO a.test\r\nMAIL FROM:<a@plain.test>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\nHalf of a li",
    )
    with ExitStack() as opened:
        for said in floods:
            connection = attack(door, opened)
            connection.setblocking(False)
            with_room = memoryview(said)
            while with_room:
                try:
                    with_room = with_room[connection.send(with_room) :]
                except BlockingIOError:
                    break  # the door does not read on; that is its right
                except ConnectionError:
                    break  # nor need it listen at all
        assert_others_are_served(door)
