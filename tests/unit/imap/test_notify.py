"""NOTIFY (RFC 5465): heard whoever made the change, without asking the database meanwhile, and with an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.imap import outside, serve
from mailnode.offload import Offload
from mailnode.store import mailboxes, messages, notes
from mailnode.store.notes import Holder
from mailnode.store.opening import open_store
from tests.support.imap_wire import ImapWire, logged_in
from tests.support.imapd import ReadingServer, mail

A_MOMENT = 0.25  # seconds: promise 2, in which something would be heard if it were told
WATCH_OTHERS = "NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName))"
WATCH_SELECTED = "NOTIFY SET (SELECTED (MessageNew (UID) MessageExpunge FlagChange))"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("notify")) as running:
        yield running


def test_another_process_is_heard(server: ReadingServer) -> None:
    user = server.add_user()
    other = Offload(open_store(server.settings))
    with logged_in(server.port, user.address) as wire:
        wire.command(WATCH_OTHERS)
        other.write_now(lambda tx: messages.append(tx, user.id, "Drafts", mail(1)))
        assert wire.lines.readline() == b"* STATUS Drafts (MESSAGES 1 UIDNEXT 2)\r\n"
    other.close()


def test_new_mail_of_the_selected_mailbox_comes_with_its_items(server: ReadingServer) -> None:
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        wire.command(WATCH_SELECTED)
        server.deliver(user.id, mail(1))
        assert wire.lines.readline() == b"* 1 EXISTS\r\n"
        assert wire.lines.readline() == b"* 1 RECENT\r\n"
        assert wire.lines.readline() == b"* 1 FETCH (UID 1)\r\n"


def test_who_watches_asks_nothing_while_nothing_happens(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    read = server.context.offload.read

    async def counted(step: Callable[[Session], Any]) -> Any:
        asked.append(step)
        return await read(step)

    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(logged_in(server.port, server.add_user().address)).command(WATCH_OTHERS)
        monkeypatch.setattr(server.context.offload, "read", counted)
        for _ in range(30):  # what the logins have begun may go on for a while
            asked.clear()
            time.sleep(1)
            if not asked:
                break
    assert asked == []


def test_too_much_at_once_ends_it(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5465 §5.8."""
    monkeypatch.setattr(outside, "MOST", 2)
    user = server.add_user()

    def several(tx: Session) -> None:
        for name in ("Drafts", "Sent", "Trash"):
            messages.append(tx, user.id, name, mail(1))

    with logged_in(server.port, user.address) as wire:
        wire.command(WATCH_OTHERS)
        server.write(several)
        assert wire.lines.readline().startswith(b"* OK [NOTIFICATIONOVERFLOW] ")
        server.deliver(user.id, mail(2), "Drafts")
        time.sleep(A_MOMENT)
        assert len(wire.command("NOOP")) == 1


def test_notes_are_told_again_after_too_much(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has enabled METADATA too: what was too much is told once, and is past."""
    monkeypatch.setattr(outside, "MOST", 2)
    user = server.add_user()

    def note(*entries: str) -> None:
        def write(tx: Session) -> None:
            holder = Holder(user.id, mailboxes.by_name(tx, user.id, "Sent").id, user.id)
            notes.change(tx, holder, [(f"/private/{entry}", b"x") for entry in entries])

        server.write(write)

    def told() -> list[bytes]:
        return next(lines for _ in range(300) if (lines := heard()))

    def heard() -> list[bytes]:
        time.sleep(0.1)
        return wire.command("NOOP")[:-1]

    with logged_in(server.port, user.address) as wire:
        wire.command("ENABLE METADATA")
        note("one", "two", "three")
        assert told()[0].startswith(b"* OK [NOTIFICATIONOVERFLOW] ")
        note("four")
        assert told() == [b"* METADATA Sent /private/four\r\n"]


def test_one_line_for_however_many_messages(server: ReadingServer) -> None:
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.command(WATCH_OTHERS)
        server.write(lambda tx: [messages.append(tx, user.id, "Drafts", mail(number)) for number in range(50)])
        assert wire.lines.readline() == b"* STATUS Drafts (MESSAGES 50 UIDNEXT 51)\r\n"
        assert len(wire.command("NOOP")) == 1


def test_it_ends_with_the_login(server: ReadingServer) -> None:
    """RFC 8437 §2: whoever logs in next on the connection has asked for nothing."""
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.command(WATCH_OTHERS)
        wire.command("UNAUTHENTICATE")
        wire.log_in(user.address)
        server.deliver(user.id, mail(1), "Drafts")
        time.sleep(A_MOMENT)
        assert len(wire.command("NOOP")) == 1


def test_what_an_administrator_says_of_the_server_reaches_everybody(server: ReadingServer) -> None:
    """RFC 5465 §5.7."""
    administrator, other = server.add_user(), server.add_user()
    server.write(lambda tx: tx.execute(update(User).where(User.id == administrator.id).values(administrator=True)))
    with logged_in(server.port, administrator.address) as speaker, logged_in(server.port, other.address) as wire:
        wire.command("NOTIFY SET (PERSONAL (ServerMetadataChange))")
        assert b" OK " in speaker.command('SETMETADATA "" (/shared/comment "Down at noon")')[-1]
        assert wire.lines.readline() == b'* METADATA "" /shared/comment\r\n'
        assert (
            wire.command('GETMETADATA "" /shared/comment')[0] == b'* METADATA "" (/shared/comment "Down at noon")\r\n'
        )


def test_a_client_that_does_not_read_keeps_nothing_waiting(server: ReadingServer) -> None:
    """However much happens, what waits for it is one line for each mailbox."""
    user = server.add_user()
    with ImapWire(server.port) as wire:
        wire.log_in(user.address)
        wire.command(WATCH_OTHERS)
        for number in range(30):
            server.deliver(user.id, mail(number), "Drafts")
        told = [wire.lines.readline()]
        while told[-1] != b"* STATUS Drafts (MESSAGES 30 UIDNEXT 31)\r\n":
            told.append(wire.lines.readline())
        assert len(told) <= 30


def test_uids_where_numbers_are_not_used(server: ReadingServer) -> None:
    """RFC 9586 §3.3 for what is fetched of new messages."""
    user = server.add_user()
    server.deliver(user.id, mail(1))
    with logged_in(server.port, user.address) as wire:
        wire.command("ENABLE UIDONLY IMAP4rev2")
        wire.command("SELECT INBOX")
        wire.command("NOTIFY SET (SELECTED (MessageNew (RFC822.SIZE) MessageExpunge))")
        server.deliver(user.id, mail(2))
        assert wire.lines.readline() == b"* 2 EXISTS\r\n"
        assert wire.lines.readline() == b"* 2 UIDFETCH (RFC822.SIZE %d)\r\n" % len(mail(2))


def test_leaving_the_mailbox_leaves_what_was_to_be_fetched(server: ReadingServer) -> None:
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        wire.command(WATCH_SELECTED)
        server.deliver(user.id, mail(1))
        wire.command("UNSELECT")
        server.deliver(user.id, mail(2))
        time.sleep(A_MOMENT)
        assert len(wire.command("NOOP")) == 1
