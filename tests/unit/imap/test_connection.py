"""The connection itself: splits, limits, slow readers, farewells."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mailnode.imap import connection, serve
from mailnode.store import changes, mailboxes
from tests.support.client import trusting
from tests.support.imapd import PASSWORD, ReadingServer, mail


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("imap"), message_size_limit=10_000_000) as one:
        yield one


@contextmanager
def connected(server: ReadingServer) -> Iterator[tuple[socket.socket, Any]]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as conn:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with conn.makefile("rb") as lines:
            assert lines.readline().startswith(b"* OK")
            yield conn, lines


def answer(lines: Any, tag: bytes) -> list[bytes]:
    """Lines up to the tagged one."""
    found = []
    while True:
        line = lines.readline()
        assert line, f"closed before {tag!r}: {found[-3:]}"
        found.append(line)
        if line.startswith(tag + b" "):
            return found


@contextmanager
def logged_in(server: ReadingServer, user: str) -> Iterator[tuple[socket.socket, Any]]:
    with connected(server) as (conn, lines):
        conn.sendall(f"in LOGIN {user} {PASSWORD}\r\n".encode())
        assert answer(lines, b"in")[-1].startswith(b"in OK")
        yield conn, lines


def test_commands_arrive_octet_by_octet(server: ReadingServer) -> None:
    user = server.add_user().address
    with connected(server) as (conn, lines):
        for octet in f"a LOGIN {user} {{{len(PASSWORD)}+}}\r\n{PASSWORD}\r\nb SELECT INBOX\r\n".encode():
            conn.sendall(bytes([octet]))
        assert answer(lines, b"a")[-1].startswith(b"a OK")
        assert answer(lines, b"b")[-1].startswith(b"b OK [READ-WRITE]")


def test_a_thousand_pipelined_commands(server: ReadingServer) -> None:
    with logged_in(server, server.add_user().address) as (conn, lines):
        conn.sendall(b"".join(b"n%d NOOP\r\n" % number for number in range(1000)))
        assert all(lines.readline().startswith(b"n%d OK" % number) for number in range(1000))


def test_a_large_append_is_byte_for_byte(server: ReadingServer) -> None:
    raw = mail(1) + bytes(range(1, 256)) * 30_000
    with logged_in(server, server.add_user().address) as (conn, lines):
        conn.sendall(b"a APPEND INBOX {%d}\r\n" % len(raw))
        assert lines.readline().startswith(b"+")
        conn.sendall(raw + b"\r\nb EXAMINE INBOX\r\nc FETCH 1 BODY[]\r\n")
        assert answer(lines, b"a")[-1].startswith(b"a OK")
        answer(lines, b"b")
        assert lines.readline() == b"* 1 FETCH (BODY[] {%d}\r\n" % len(raw)
        assert lines.read(len(raw)) == raw


def test_an_append_over_the_limit_is_refused_before_it_is_sent(server: ReadingServer) -> None:
    with logged_in(server, server.add_user().address) as (conn, lines):
        conn.sendall(b"a APPEND INBOX {10000001}\r\nb NOOP\r\n")
        assert answer(lines, b"a")[-1].startswith(b"a NO [TOOBIG]")
        assert answer(lines, b"b")[-1].startswith(b"b OK")


def test_strangers_may_not_send_much(server: ReadingServer) -> None:
    with connected(server) as (conn, lines):
        conn.sendall(b"a LOGIN {9000}\r\n")
        assert lines.readline().startswith(b"a NO [TOOBIG]")
        conn.sendall(b"b APPEND INBOX {9000}\r\n")
        assert lines.readline().startswith(b"b NO [TOOBIG]")


def test_a_slow_reader_gets_everything(server: ReadingServer) -> None:
    user = server.add_user()
    big = mail(1) + b"x" * 400_000
    for _ in range(20):
        server.deliver(user.id, big)
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"a EXAMINE INBOX\r\nb FETCH 1:* BODY[]\r\nc NOOP\r\n")
        time.sleep(0.5)
        assert answer(lines, b"a")[-1].startswith(b"a OK")
        assert sum(line.count(b"x") for line in answer(lines, b"b")) >= 20 * 400_000
        assert answer(lines, b"c")[-1].startswith(b"c OK")


def test_a_client_that_vanishes_in_the_middle_of_a_fetch_harms_nobody(server: ReadingServer) -> None:
    user = server.add_user()
    for _ in range(20):
        server.deliver(user.id, mail(1) + b"x" * 400_000)
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"a EXAMINE INBOX\r\nb FETCH 1:* BODY[]\r\n")
        answer(lines, b"a")
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"a NOOP\r\n")
        assert answer(lines, b"a")[-1].startswith(b"a OK")


def test_what_was_sent_before_the_end_is_carried_out(server: ReadingServer) -> None:
    with logged_in(server, server.add_user().address) as (conn, lines):
        conn.sendall(b"a NOOP\r\nb CREATE Late\r\n")
        conn.shutdown(socket.SHUT_WR)
        assert answer(lines, b"b")[-1].startswith(b"b OK")


def test_one_address_has_a_limited_number_of_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_loopback", lambda _: False)
    with (
        ReadingServer(serve, tmp_path, connections_per_address=2) as one,
        connected(one),
        connected(one),
        socket.create_connection(("127.0.0.1", one.port), timeout=60) as third,
        third.makefile("rb") as lines,
    ):
        assert lines.readline().startswith(b"* BYE")
        assert lines.readline() == b""


def test_too_long_a_silence_ends_a_stranger(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 0.2)
    with connected(server) as (_, lines):
        assert lines.readline().startswith(b"* BYE")
        assert lines.readline() == b""


def test_a_user_may_be_silent_for_half_an_hour() -> None:
    """RFC 9051 §5.4."""
    assert connection.IDLE_SECONDS >= 30 * 60


def test_going_down_says_bye_to_those_who_idle(tmp_path: Path) -> None:
    with ReadingServer(serve, tmp_path) as one:
        user = one.add_user().address
        with logged_in(one, user) as (conn, lines):
            conn.sendall(b"a SELECT INBOX\r\nb IDLE\r\n")
            answer(lines, b"a")
            assert lines.readline().startswith(b"+")
            one._loop.call_soon_threadsafe(one._stop.set)
            assert lines.readline().startswith(b"* BYE")
            assert lines.readline() == b""


def test_going_down_does_not_wait_for_half_a_login(tmp_path: Path) -> None:
    with ReadingServer(serve, tmp_path) as one, connected(one) as (conn, lines):
        conn.sendall(b"a AUTHENTICATE PLAIN\r\n")
        assert lines.readline().startswith(b"+")
        one._loop.call_soon_threadsafe(one._stop.set)
        assert lines.readline().startswith(b"* BYE")
        assert lines.readline() == b""


def test_news_that_cannot_be_read_come_later(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    user = server.add_user()
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"a SELECT INBOX\r\n")
        answer(lines, b"a")
        monkeypatch.setattr(changes, "since", broken)
        server.deliver(user.id, mail(1))
        conn.sendall(b"b NOOP\r\n")
        assert [line[:4] for line in answer(lines, b"b")] == [b"b OK"]
        monkeypatch.undo()
        conn.sendall(b"c NOOP\r\n")
        assert answer(lines, b"c")[0] == b"* 1 EXISTS\r\n"


def test_who_idles_hears_of_news_that_could_not_be_read_at_first(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = server.add_user()
    with logged_in(server, user.address) as (conn, lines):
        conn.sendall(b"a SELECT INBOX\r\nb IDLE\r\n")
        answer(lines, b"+")
        monkeypatch.setattr(changes, "since", broken)
        server.deliver(user.id, mail(1))
        time.sleep(0.2)
        monkeypatch.undo()
        assert lines.readline() == b"* 1 EXISTS\r\n"


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("secret detail")


def test_a_bug_of_ours_is_told_without_detail_and_ends_nothing(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged_in(server, server.add_user().address) as (conn, lines):
        monkeypatch.setattr(mailboxes, "tree", broken)
        conn.sendall(b'a LIST "" *\r\n')
        line = lines.readline()
        assert line.startswith(b"a NO [SERVERBUG]")
        assert b"secret" not in line
        monkeypatch.undo()
        conn.sendall(b"b NOOP\r\n")
        assert answer(lines, b"b")[-1].startswith(b"b OK")


def test_a_literal_that_comes_while_a_command_runs_is_read_to_its_end(server: ReadingServer) -> None:
    """Reading stops while much waits, but not for what must come before anything can be done."""
    user = server.add_user()
    raw = mail(1, "x" * 900_000)
    with connected(server) as (conn, lines):
        conn.sendall(f"l LOGIN {user.address} {PASSWORD}\r\n".encode())
        answer(lines, b"l")
        begin = b"a STATUS INBOX (MESSAGES)\r\nb APPEND INBOX {%d+}\r\n" % len(raw)
        for piece in (begin, raw[:100_000], raw[100_000:400_000]):
            conn.sendall(piece)
        time.sleep(0.3)
        conn.sendall(raw[400_000:] + b"\r\n")
        assert answer(lines, b"b")[-1].startswith(b"b OK")


@pytest.mark.parametrize("said", [b"", b"a LOGIN nobody@example.com wrong\r\n"])
def test_who_ends_tls_properly_leaves_nothing_in_the_log(
    server: ReadingServer, caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=60) as plain:
        conn = trusting().wrap_socket(plain)
        assert conn.recv(1000).startswith(b"* OK")
        conn.sendall(said)
        with suppress(OSError):
            conn.unwrap()
    end = time.monotonic() + 60
    while server.doors[1].sessions and time.monotonic() < end:
        time.sleep(0.05)
    assert not caplog.records
