"""Whoever has not logged in has two minutes for it, whatever he says meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailnode.imap import connection
from tests.support.imapd import PASSWORD, ReadingServer


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 1.0)


@contextmanager
def connected(server: ReadingServer) -> Iterator[tuple[socket.socket, Any]]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as conn, conn.makefile("rb") as lines:
        assert lines.readline().startswith(b"* OK")
        yield conn, lines


def talk_until_closed(conn: socket.socket, lines: Any, command: bytes) -> list[bytes]:
    """Send the command five times a second until the server hangs up; what it has said."""
    said: list[bytes] = []
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            conn.sendall(command)
            line = lines.readline()
        except OSError:
            break
        if not line:
            break
        said.append(line)
        time.sleep(0.2)
    return said


@pytest.mark.usefixtures("one_second")
def test_attack_a_stranger_who_goes_on_talking(server: ReadingServer) -> None:
    with connected(server) as (conn, lines):
        assert talk_until_closed(conn, lines, b"a NOOP\r\n")[-1].startswith(b"* BYE It took too long to log in")


@pytest.mark.usefixtures("one_second")
def test_attack_a_login_that_drips(server: ReadingServer) -> None:
    end = time.monotonic() + 60
    with connected(server) as (conn, lines):
        conn.sendall(b"a AUTHENTICATE PLAIN\r\n")
        assert lines.readline().startswith(b"+")
        conn.settimeout(0.1)
        while time.monotonic() < end:
            try:
                conn.sendall(b"A")
                if not conn.recv(100):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() < end


def test_a_user_is_not_meant(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    login = f"a LOGIN {server.add_user().address} {PASSWORD}\r\n".encode()
    for seconds in (1.0, 5.0, 25.0):  # on a busy machine a login may take longer than the first
        monkeypatch.setattr(connection, "LOGIN_SECONDS", seconds)
        with connected(server) as (conn, lines):
            conn.sendall(login)
            if lines.readline().startswith(b"a OK"):
                time.sleep(1.5 * seconds)
                conn.sendall(b"b NOOP\r\n")
                assert lines.readline().startswith(b"b OK")
                return
    pytest.fail("nobody could log in")


def test_who_has_logged_out_is_a_stranger_again(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8437."""
    with connected(server) as (conn, lines):
        conn.sendall(f"a LOGIN {server.add_user().address} {PASSWORD}\r\n".encode())
        assert lines.readline().startswith(b"a OK")
        monkeypatch.setattr(connection, "LOGIN_SECONDS", 1.0)
        conn.sendall(b"b UNAUTHENTICATE\r\n")
        assert lines.readline().startswith(b"b OK")
        assert talk_until_closed(conn, lines, b"c NOOP\r\n")[-1].startswith(b"* BYE")
