"""IMAP under attack, by strangers and by users with a password."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.imap import connection, serve
from mailnode.imap.selected import Selected
from mailnode.imap.turns import Turns
from mailnode.store.changes import Change, What
from tests.support import pace
from tests.support.imap_wire import ImapWire, logged_in
from tests.support.imapd import ReadingServer, mail
from tests.support.small_disk import small_disk


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("imap"), message_size_limit=10_000_000) as one:
        yield one


def until(server: ReadingServer, sessions: int, seconds: float = 60) -> bool:
    """True once the plain port has no more than so many sessions."""
    end = time.monotonic() + seconds
    while len(server.doors[0].sessions) > sessions and time.monotonic() < end:
        time.sleep(0.05)
    return len(server.doors[0].sessions) <= sessions


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


def test_a_flood_of_commands_lets_others_have_their_turn(server: ReadingServer) -> None:
    user = server.add_user()
    over = threading.Event()
    with ImapWire(server.port) as flooder, logged_in(server.port, user.address) as other:

        def read() -> None:
            flooder.answer(b"end")
            over.set()

        flood = b"a CAPABILITY\r\n" * 40_000 + b"end NOOP\r\n"
        reader = threading.Thread(target=read)
        reader.start()
        sender = threading.Thread(target=flooder.socket.sendall, args=(flood,))
        sender.start()
        answers = 0
        while answers < 10 and not over.is_set():
            other.command("NOOP")
            answers += 1
        assert answers == 10
        sender.join(60)
        reader.join(60)


def test_who_reads_nothing_is_hung_up_on(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.5)
    user = server.add_user()
    server.deliver(user.id, mail(1, "x" * 9_000_000))
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        wire.socket.sendall(b"a FETCH 1 BODY.PEEK[]\r\nb FETCH 1 BODY.PEEK[]\r\nc FETCH 1 BODY.PEEK[]\r\n")
        assert until(server, 0)


def test_who_reads_slowly_is_not(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 3.0)
    user = server.add_user()
    server.deliver(user.id, mail(1, "x" * 9_900_000))
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        wire.socket.sendall(b"a FETCH 1 BODY.PEEK[]\r\n")
        for _ in range(40):
            assert wire.lines.read(200_000)
            time.sleep(0.1)
        assert wire.answer(b"a")[-1].startswith(b"a OK")


def test_last_words_that_nobody_reads_are_not_kept_for_ever(
    server: ReadingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER", 0.3)
    user = server.add_user()
    server.deliver(user.id, mail(1, "x" * 9_000_000))
    with logged_in(server.port, user.address) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.command("SELECT INBOX")
        unread = b"a FETCH 1 BODY.PEEK[]<0.100000>\r\n" * 40  # more than the kernel keeps, less than we do
        wire.socket.sendall(unread + b"b LOGOUT\r\n")
        assert until(server, 0)


def test_news_of_much_that_came_and_went_costs_no_square() -> None:
    came = [Change(number, 1, number, What.APPENDED, "") for number in range(2, 100_000)]
    went = [Change(200_000, 1, number, What.EXPUNGED, "") for number in range(99_999, 1, -1)]

    def note() -> None:
        here = Selected(mailbox_id=1, name="INBOX", uid_validity=1, uids=array("I", (1,)), modseq=1, seen_modseq=1)
        here.note([*came, *went], 200_000)
        assert here.tell(expunge=True).exists is None

    pace.assert_within(5, note)


def test_one_user_has_one_search_at_once_also_when_clients_hang_up() -> None:
    running: list[int] = []
    most: list[int] = []
    go_on = asyncio.Event()

    async def work(user_id: int) -> None:
        running.append(user_id)
        most.append(running.count(user_id))
        if user_id == 1:
            await go_on.wait()
        running.remove(user_id)

    async def attack() -> None:
        turns = Turns(each=1, together=2)
        clients = [asyncio.create_task(turns.run(1, lambda: work(1))) for _ in range(20)]
        while not running:
            await asyncio.sleep(0)
        for client in clients[:19]:
            client.cancel()
        await asyncio.wait_for(turns.run(2, lambda: work(2)), 60)
        go_on.set()
        await clients[19]

    asyncio.run(attack())
    assert max(most) == 1
    assert len(most) == 3  # the first, which cannot be called back, the last, and the other user's


ODD = "UID " + ",".join(map(str, range(1, 300, 2)))
BOMBS = {
    "a set of thirteen thousand ranges": "UID SEARCH UID "
    + ",".join(map(str, range(1, 26_000, 2)))[:64_000].rstrip(","),
    "many sets, one inside the other": "SEARCH " + f"OR {ODD} " * 48 + ODD,
    "as many terms as there may be": "SEARCH " + 'SUBJECT "a b c d" ' * 99 + "SENTON 1-Feb-2021 " * 99 + ODD,
    "NOT of NOT of NOT": "SEARCH " + "NOT " * 49 + "ALL",
    "a hundred texts": "SEARCH" + " NOT TEXT nowhere" * 99,
    "a hundred fields": "SEARCH" + " NOT HEADER X-Nothing nowhere" * 99,
    "the ends of time": "SEARCH BEFORE 1-Jan-0001 SINCE 31-Dec-9999 ON 31-Dec-9999 OLDER 4294967295",
    "the ends of numbers": f"SEARCH LARGER {2**63 - 1} SMALLER 0 MODSEQ {2**63 - 1} UID 4294967295:*",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_no_search_is_a_bomb(server: ReadingServer, bomb: str) -> None:
    user = server.add_user()
    for number in range(20):
        server.deliver(user.id, mail(number))
    with logged_in(server.port, user.address) as wire:
        wire.command("SELECT INBOX")
        start = time.process_time()  # of the server too
        answer = wire.command(bomb)[-1]
        assert answer.split()[1] == b"OK"
        assert time.process_time() - start < 30


def test_half_sent_messages_wait_on_the_disk(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    room = server.context.room
    monkeypatch.setattr(room, "left", 100_000)
    user = server.add_user()
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(logged_in(server.port, user.address)) for _ in range(10)]
        for wire in wires:
            wire.socket.sendall(b"a APPEND INBOX {900000+}\r\n" + b"x" * 800_000)
        for wire in wires:
            wire.socket.sendall(b"y" * 100_000 + b"\r\n")
            assert wire.answer(b"a")[-1].startswith(b"a OK")
    assert until(server, 0)
    assert room.left == 100_000


def test_half_sent_messages_cannot_take_all_memory(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no disk for them either."""
    room = server.context.room
    monkeypatch.setattr(room, "left", 5_000_000)
    monkeypatch.setattr(room, "folder", None)
    user = server.add_user()
    literal = b"x" * 2_000_000
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(logged_in(server.port, user.address)) for _ in range(3)]
        for wire in wires:
            wire.socket.sendall(b"a APPEND INBOX {9000000+}\r\n" + literal)
        late = wires[-1]
        late.socket.sendall(b"y" * 7_000_000 + b"\r\n")
        assert late.answer(b"a")[-1].startswith(b"a NO [UNAVAILABLE] There is no room")
        assert late.command("NOOP")[-1].split()[1] == b"OK"
        late.socket.sendall(b"b APPEND INBOX {5+}\r\nsmall\r\n")
        assert late.answer(b"b")[-1].startswith(b"b OK")
    assert until(server, 0)
    assert room.left == 5_000_000
    with logged_in(server.port, user.address) as wire:
        wire.socket.sendall(b"a APPEND INBOX {4000000+}\r\n" + b"z" * 4_000_000 + b"\r\n")
        assert wire.answer(b"a")[-1].startswith(b"a OK")
        assert room.left == 5_000_000


def test_what_is_refused_for_its_size_keeps_no_room(server: ReadingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    room = server.context.room
    monkeypatch.setattr(room, "left", 5_000_000)
    user = server.add_user()
    with logged_in(server.port, user.address) as wire:
        wire.socket.sendall(b"a APPEND INBOX {900000+}\r\n" + b"x" * 900_000 + b" {999999999}\r\n")
        assert wire.answer(b"a")[-1].startswith(b"a NO [TOOBIG]")
        wire.socket.sendall(b"b {1}\r\n")  # its answer comes when the command before is done with
        assert wire.lines.readline() == b"+ OK\r\n"
        assert room.left == 5_000_000
