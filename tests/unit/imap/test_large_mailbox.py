"""A mailbox of which SELECT reads only the newest uids: the client cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailnode.imap import serve
from mailnode.imap.commands import select
from mailnode.store import entries, mailboxes
from mailnode.store.entries import FlagMode
from mailnode.store.flags import flags
from tests.support.imap_wire import logged_in
from tests.support.imapd import ReadingServer, mail

COUNT = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("large")) as server:
        yield server


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "SMALL", 10)
    monkeypatch.setattr(select, "NEWEST", 8)


@pytest.fixture
def user(server: ReadingServer) -> tuple[int, str]:
    """A user with every third message gone: 27 are left, of the uids 2 3 5 6 … 39."""
    made = server.add_user()
    for number in range(1, COUNT + 1):
        server.deliver(made.id, mail(number), flags=flags("\\Seen"))
    gone = [(uid, uid) for uid in range(1, COUNT + 1, 3)]
    server.write(lambda tx: entries.expunge(tx, made.id, _inbox(tx, made.id), gone, only_deleted=False))
    server.write(lambda tx: mailboxes.claim_recent(tx, made.id, _inbox(tx, made.id)))
    return made.id, made.address


def _inbox(tx: object, user_id: int) -> int:
    return mailboxes.by_name(tx, user_id, "INBOX").id  # type: ignore[arg-type]


LEFT = [uid for uid in range(1, COUNT + 1) if uid % 3 != 1]


def told(lines: list[bytes]) -> dict[int, int]:
    """Message number to uid, from the FETCH lines."""
    return {
        int(line.split()[1]): int(line.split(b"UID ")[1].split()[0].rstrip(b")")) for line in lines if b"UID" in line
    }


def test_the_first_page_reads_nothing_else(server: ReadingServer, user: tuple[int, str]) -> None:
    with logged_in(server.port, user[1]) as wire:
        lines = wire.command("SELECT INBOX")
        assert b"* %d EXISTS\r\n" % len(LEFT) in lines
        assert told(wire.command(f"FETCH {len(LEFT) - 4}:* (UID)")[:-1]) == dict(enumerate(LEFT[-5:], len(LEFT) - 4))
        assert unread_of(server, user[0]) == len(LEFT) - 8


def unread_of(server: ReadingServer, user_id: int) -> int:
    """How many uids the user's session has not read."""
    found = [one.session for door in server.doors for one in door._sessions if one.session.selected is not None]
    return next(session.here.uids.unread for session in found if session.user_id == user_id)


@pytest.mark.parametrize("command", ["FETCH 1:* (UID)", "UID FETCH 1:* (UID)", "FETCH 3,25:* (UID)"])
def test_all_of_it_when_asked_for(server: ReadingServer, user: tuple[int, str], command: str) -> None:
    with logged_in(server.port, user[1]) as wire:
        wire.command("SELECT INBOX")
        found = told(wire.command(command)[:-1])
        assert found == {number: uid for number, uid in enumerate(LEFT, 1) if number in found}
        assert min(found) <= 3


def test_what_went_before_it_was_read_keeps_its_number(server: ReadingServer, user: tuple[int, str]) -> None:
    user_id, address = user
    with logged_in(server.port, address) as wire:
        wire.command("SELECT INBOX")
        server.write(lambda tx: entries.expunge(tx, user_id, _inbox(tx, user_id), [(2, 3)], only_deleted=False))
        found = told(wire.command("FETCH 1:* (UID)")[:-1])
        assert found == {number: uid for number, uid in enumerate(LEFT, 1) if uid > 3}
        assert wire.command("NOOP")[:2] == [b"* 1 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"]
        assert told(wire.command("FETCH 1 (UID)")[:-1]) == {1: 5}


def test_news_of_the_oldest_messages(server: ReadingServer, user: tuple[int, str]) -> None:
    user_id, address = user
    with logged_in(server.port, address) as wire:
        wire.command("SELECT INBOX")
        server.write(
            lambda tx: entries.set_flags(tx, user_id, _inbox(tx, user_id), [(5, 5)], FlagMode.ADD, flags("\\Flagged"))
        )
        assert b"* 3 FETCH (UID 5 FLAGS (\\Flagged \\Seen))\r\n" in wire.command("NOOP")


def test_the_first_unread_message_is_named_where_it_is_known(server: ReadingServer, user: tuple[int, str]) -> None:
    user_id, address = user
    server.deliver(user_id, mail(COUNT + 1))
    with logged_in(server.port, address) as wire:
        assert any(b"[UNSEEN %d]" % (len(LEFT) + 1) in line for line in wire.command("SELECT INBOX"))


def test_search_expunge_and_store_reach_everything(server: ReadingServer, user: tuple[int, str]) -> None:
    with logged_in(server.port, user[1]) as wire:
        wire.command("SELECT INBOX")
        assert wire.command("SEARCH UID 2:6")[0] == b"* SEARCH 1 2 3 4\r\n"
    with logged_in(server.port, user[1]) as wire:
        wire.command("SELECT INBOX")
        assert b"* 2 FETCH (FLAGS (\\Deleted \\Seen))\r\n" in wire.command("STORE 2 +FLAGS (\\Deleted)")
        assert wire.command("EXPUNGE")[0] == b"* 2 EXPUNGE\r\n"


def test_the_next_one_to_open_it_takes_over_what_was_read(server: ReadingServer, user: tuple[int, str]) -> None:
    user_id, address = user
    with logged_in(server.port, address) as wire:
        wire.command("SELECT INBOX")
        wire.command("FETCH 1:* (UID)")
        wire.command("UNSELECT")
    server.deliver(user_id, mail(COUNT + 1))
    server.write(lambda tx: entries.expunge(tx, user_id, _inbox(tx, user_id), [(3, 3)], only_deleted=False))
    with logged_in(server.port, address) as wire:
        wire.command("SELECT INBOX")
        assert not unread_of(server, user_id)
        expected = [uid for uid in LEFT if uid != 3] + [COUNT + 1]
        assert told(wire.command("FETCH 1:* (UID)")[:-1]) == dict(enumerate(expected, 1))
