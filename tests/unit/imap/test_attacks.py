"""IMAP under attack, by strangers and by users with a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.imap import serve
from tests.support.imap_wire import logged_in
from tests.support.imapd import ReadingServer, mail
from tests.support.small_disk import small_disk


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("imap"), message_size_limit=10_000_000) as one:
        yield one


def test_mail_is_read_while_the_disk_is_full(tmp_path: Path) -> None:
    with ReadingServer(serve, tmp_path) as server:
        user = server.add_user()
        server.deliver(user.id, mail(1))
        with logged_in(server.port, user.address) as wire, small_disk():
            assert wire.command("SELECT INBOX")[-1].split()[1:3] == [b"OK", b"[READ-WRITE]"]
            assert b"Hello 1\r\n" in wire.command("FETCH 1 BODY[]")
            assert wire.command("STORE 1 +FLAGS (\\Flagged)")[-1].startswith(b"t4 NO [UNAVAILABLE]")
            assert wire.command("CREATE Other")[-1].startswith(b"t5 NO [UNAVAILABLE]")
        with logged_in(server.port, user.address) as wire:
            assert wire.command("CREATE Other")[-1].split()[1] == b"OK"
