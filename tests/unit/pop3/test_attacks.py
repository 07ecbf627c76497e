"""POP3 under attack, by strangers and by users with a password."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from mailnode.pop3 import connection, serve
from mailnode.proto import pop3
from tests.support import pace
from tests.support.client import trusting
from tests.support.imapd import PASSWORD, ReadingServer, mail


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("pop3")) as one:
        yield one


@contextmanager
def connected(server: ReadingServer) -> Iterator[tuple[socket.socket, Any]]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as conn, conn.makefile("rb") as lines:
        assert lines.readline().startswith(b"+OK")
        yield conn, lines


@contextmanager
def logged_in(server: ReadingServer, user: str) -> Iterator[tuple[socket.socket, Any]]:
    with connected(server) as (conn, lines):
        conn.sendall(f"USER {user}\r\nPASS {PASSWORD}\r\n".encode())
        assert lines.readline().startswith(b"+OK")
        assert lines.readline().startswith(b"+OK")
        yield conn, lines


def ended(server: ReadingServer, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while any(door.sessions for door in server.doors) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(door.sessions for door in server.doors)


def test_who_reads_nothing_is_hung_up_on_and_lets_go_of_the_maildrop(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.5)
    user = server.add_user()
    server.deliver(user.id, mail(1, "x" * 20_000_000))
    with logged_in(server, user.address) as (conn, _):
        conn.sendall(b"RETR 1\r\n")
        assert ended(server)
        with logged_in(server, user.address):
            pass


def test_who_reads_slowly_is_not(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 3.0)
    user = server.add_user()
    server.deliver(user.id, mail(1, "x" * 9_900_000))
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"RETR 1\r\nNOOP\r\n")
        for _ in range(40):
            assert lines.read(200_000)
            time.sleep(0.1)
        while (line := lines.readline()) != b".\r\n":
            assert line
        assert lines.readline().startswith(b"+OK")


def test_a_flood_of_commands_lets_others_have_their_turn(server: ReadingServer) -> None:
    one, two = server.add_user().address, server.add_user().address
    over = threading.Event()
    with logged_in(server, one) as (flood, flooded), logged_in(server, two) as (conn, lines):

        def read() -> None:
            while b"Goodbye" not in flooded.readline():
                pass
            over.set()

        threads = [
            threading.Thread(target=read),
            threading.Thread(target=flood.sendall, args=(b"NOOP\r\n" * 60_000 + b"QUIT\r\n",)),
        ]
        for thread in threads:
            thread.start()
        answers = 0
        while answers < 10 and not over.is_set():
            conn.sendall(b"NOOP\r\n")
            assert lines.readline().startswith(b"+OK")
            answers += 1
        assert answers == 10
        for thread in threads:
            thread.join(60)


def test_one_address_has_a_limited_number_of_connections(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "is_loopback", lambda peer: False)
    kept = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(100)]
    try:
        assert all(one.recv(100).startswith(b"+OK") for one in kept)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as extra:
            assert extra.recv(100).startswith(b"-ERR [SYS/TEMP] There are too many connections")
            assert extra.recv(100) == b""
    finally:
        for one in kept:
            one.close()
    assert ended(server)


def test_top_of_millions_of_lines_costs_no_more_than_the_message() -> None:
    raw = b"Subject: a\r\n\r\n" + b"\n" * 10_000_000

    def both() -> None:
        assert pop3.top(raw, 9_999_999) == raw[:-1]
        assert pop3.top(raw, 9_999_999_999) == raw

    pace.assert_within(3, both)


@pytest.mark.parametrize(
    ("lines", "kept"),
    [(0, b""), (1, b"one\r\n"), (2, b"one\r\ntwo\r\n"), (3, b"one\r\ntwo\r\nend"), (99, b"one\r\ntwo\r\nend")],
)
def test_top_counts_lines(lines: int, kept: bytes) -> None:
    head = b"Subject: a\r\n\r\n"
    assert pop3.top(head + b"one\r\ntwo\r\nend", lines) == head + kept


@pytest.mark.parametrize("command", [b"CAPA\r\n", b"X"], ids=["busy", "drips"])
def test_a_stranger_has_two_minutes_whatever_he_says(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch, command: bytes
) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 1.0)
    begun = time.monotonic()
    with connected(server) as (conn, _):
        conn.settimeout(0.1)
        while time.monotonic() - begun < 60:
            try:
                conn.sendall(command)
                if not conn.recv(4096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert 0.5 < time.monotonic() - begun < 60


def test_a_user_has_longer(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    login = f"USER {server.add_user().address}\r\nPASS {PASSWORD}\r\n".encode()
    for seconds in (0.5, 5.0, 25.0):  # on a busy machine a login may take longer than the first
        monkeypatch.setattr(connection, "LOGIN_SECONDS", seconds)
        with connected(server) as (conn, lines):
            conn.sendall(login)
            if [lines.readline()[:3] for _ in range(2)] == [b"+OK"] * 2:
                time.sleep(2 * seconds)
                conn.sendall(b"NOOP\r\n")
                assert lines.readline().startswith(b"+OK")
                return
    pytest.fail("nobody could log in")


def test_who_ends_tls_properly_leaves_nothing_in_the_log(
    server: ReadingServer, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=60) as plain:
        conn = trusting().wrap_socket(plain)
        assert conn.recv(1000).startswith(b"+OK")
        with suppress(OSError):
            conn.unwrap()
    assert ended(server)
    assert not caplog.records
