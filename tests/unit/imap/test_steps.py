"""EXPUNGE, STORE, CLOSE and DELETE of many messages: told as one, done in transactions that others get between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.errors import StoreBusy
from mailnode.imap import serve
from mailnode.store import entries, steps
from mailnode.store.models import UserCounter
from tests.support.imap_wire import ImapWire, logged_in
from tests.support.imapd import ReadingServer, mail

MANY = 8


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadingServer]:
    monkeypatch.setattr(steps, "STEP", 3)
    with ReadingServer(serve, tmp_path) as one:
        yield one


@pytest.fixture
def wire(server: ReadingServer) -> Iterator[ImapWire]:
    """In INBOX with eight messages."""
    user = server.add_user()
    for number in range(1, MANY + 1):
        server.deliver(user.id, mail(number))
    with logged_in(server.port, user.address) as one:
        one.command("ENABLE CONDSTORE")
        one.command("SELECT INBOX")
        yield one


def changed(server: ReadingServer) -> int:
    """How many changes there have been of any mail."""
    return server.write(lambda tx: max(tx.query(UserCounter.modseq).all()))[0]


def test_store_answers_for_every_message(server: ReadingServer, wire: ImapWire) -> None:
    before = changed(server)
    lines = wire.command("STORE 1:* +FLAGS.SILENT (\\Flagged)")
    assert len([line for line in lines if b"FETCH (MODSEQ" in line]) == MANY
    assert changed(server) == before + 3
    assert wire.command("NOOP") == [b"t5 OK Done\r\n"]  # what one has done oneself is not told again


def test_store_unchanged_since_refuses_in_every_step(server: ReadingServer, wire: ImapWire) -> None:
    known = changed(server)
    wire.command("STORE 2,7 +FLAGS.SILENT (\\Answered)")
    last = wire.command(f"STORE 1:* (UNCHANGEDSINCE {known}) +FLAGS.SILENT (\\Flagged)")[-1]
    assert b"[MODIFIED 2,7]" in last


def test_expunge_tells_every_message_once(server: ReadingServer, wire: ImapWire) -> None:
    wire.command("STORE 1:7 +FLAGS.SILENT (\\Deleted)")
    before = changed(server)
    lines = wire.command("EXPUNGE")
    assert lines[:-1] == [b"* 1 EXPUNGE\r\n"] * 7
    assert b"HIGHESTMODSEQ %d" % changed(server) in lines[-1]
    assert changed(server) == before + 3
    assert b"* 1 EXISTS" not in b"".join(wire.command("NOOP"))
    assert wire.command("UID SEARCH ALL")[0] == b"* SEARCH 8\r\n"


def test_what_was_done_before_a_step_failed_is_told(
    server: ReadingServer, wire: ImapWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    real, calls = entries.expunge, iter(range(MANY))

    def busy(*arguments: object, **more: object) -> object:
        if next(calls) == 1:
            raise StoreBusy
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(entries, "expunge", busy)
    lines = wire.command("EXPUNGE")
    lines += wire.command("NOOP")
    assert b" NO " in b"".join(lines)
    assert lines.count(b"* 1 EXPUNGE\r\n") == 3
    assert wire.command("UID SEARCH ALL")[0] == b"* SEARCH 4 5 6 7 8\r\n"


def test_close_removes_everything(server: ReadingServer, wire: ImapWire) -> None:
    wire.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    assert wire.command("CLOSE")[-1].split()[1] == b"OK"
    assert b"* 0 EXISTS\r\n" in wire.command("SELECT INBOX")


def test_delete_of_a_large_mailbox(server: ReadingServer, wire: ImapWire) -> None:
    wire.command("CREATE Work")
    wire.command("COPY 1:* Work")
    assert wire.command("DELETE Work")[-1].split()[1] == b"OK"
    assert wire.command('LIST "" Work')[:-1] == []
    assert wire.command("DELETE INBOX")[-1].split()[1] == b"NO"
    assert wire.command("UID SEARCH ALL")[0].count(b" ") == 1 + MANY
