"""Who has logged in where, and how, stands in the log; with what does not."""

from __future__ import annotations

import imaplib
import io
import json
import poplib
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode import log
from mailnode.imap import serve as imap
from mailnode.pop3 import serve as pop3
from tests.support.client import trusting
from tests.support.imapd import PASSWORD, ReadingServer

WRITTEN = PASSWORD, b64encode(PASSWORD.encode()).decode().rstrip("=")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure("json")
    yield stream
    monkeypatch.undo()
    log.configure()


def logins(written: io.StringIO) -> list[tuple[str, ...]]:
    assert not any(secret in written.getvalue() for secret in WRITTEN)
    told = map(json.loads, written.getvalue().splitlines())
    names = ("station", "level", "user", "peer", "mechanism", "tls")
    return [tuple(line[name] for name in names) for line in told if line["event"] == "logged in"]


def test_imap_tells_who_has_logged_in(tmp_path: Path, written: io.StringIO) -> None:
    with ReadingServer(imap, tmp_path) as server:
        user = server.add_user().address
        with imaplib.IMAP4("127.0.0.1", server.port, timeout=60) as client:
            client.login(user, PASSWORD)
        with imaplib.IMAP4_SSL("127.0.0.1", server.tls_port, timeout=60, ssl_context=trusting()) as client:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
    assert logins(written) == [
        ("imap", "info", user, "127.0.0.1", "LOGIN", False),
        ("imap", "info", user, "127.0.0.1", "PLAIN", True),
    ]


def test_pop3_tells_who_has_logged_in(tmp_path: Path, written: io.StringIO) -> None:
    with ReadingServer(pop3, tmp_path) as server:
        user = server.add_user().address
        client = poplib.POP3("127.0.0.1", server.port, timeout=60)
        client.user(user)
        client.pass_(PASSWORD)
        client.quit()
        client = poplib.POP3_SSL("127.0.0.1", server.tls_port, timeout=60, context=trusting())
        client._shortcmd("AUTH PLAIN " + b64encode(f"\0{user}\0{PASSWORD}".encode()).decode())  # type: ignore[attr-defined]
        client.quit()
    assert logins(written) == [
        ("pop3", "info", user, "127.0.0.1", "PASS", False),
        ("pop3", "info", user, "127.0.0.1", "PLAIN", True),
    ]
