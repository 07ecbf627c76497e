"""A message of half a gigabyte through every door: no process holds more of it than a bounded buffer.

What a process has held at most is the kernel's word (VmHWM), counted anew for each test.
"""

from __future__ import annotations

import base64
import hashlib
import random
import socket
import time
from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

from tests.support import memory
from tests.support.api import Api
from tests.support.memory import MIB
from tests.support.node import PASSWORD, Node, running

USER = "anna@a.test"
OTHER = "bert@a.test"
SIZE = 500 * MIB
BOUND = 48 * MIB  # octets that a process may take beside what it had
HEAD = (
    b"From: bob@b.test\r\nTo: anna@a.test\r\nSubject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nlook at this\r\n"
    b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)
END = b"\r\n--b--\r\n"
PIECE = base64.encodebytes(random.Random(1).randbytes(57 * 4096)).replace(b"\n", b"\r\n")
TIMES = SIZE // len(PIECE)


class Letter:
    """The message as it is sent, piece by piece."""

    def __init__(self, times: int = TIMES) -> None:
        self.times = times
        self.size = len(HEAD) + times * len(PIECE) + len(END)

    def __iter__(self) -> Iterator[bytes]:
        yield HEAD
        for _ in range(self.times):
            yield PIECE
        yield END


def sha256(pieces: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


class Wire:
    """A client of a line protocol that reads and writes what does not fit into memory."""

    def __init__(self, node: Node, door: str) -> None:
        self.socket = socket.create_connection((node.host, node.ports[door]), timeout=120)
        self.file = self.socket.makefile("rb")
        self.line()

    def line(self) -> bytes:
        return self.file.readline()

    def say(self, line: bytes, until: bytes) -> bytes:
        """The first line of the answer that begins so."""
        self.socket.sendall(line + b"\r\n")
        return self.until(until)

    def until(self, beginning: bytes) -> bytes:
        while not (found := self.line()).startswith(beginning):
            assert found, f"closed before {beginning!r}"
        return found

    def pieces(self, size: int) -> Iterator[bytes]:
        """So many octets."""
        while size:
            data = self.file.read(min(size, MIB))
            assert data, "closed"
            yield data
            size -= len(data)

    def literal(self, command: bytes) -> int:
        """Send a FETCH; the size of the literal that is announced."""
        self.socket.sendall(command + b"\r\n")
        return self.announced()

    def announced(self) -> int:
        return int(self.line().rpartition(b"{")[2].rstrip(b"}\r\n"))

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def logged_in(node: Node) -> Wire:
    wire = Wire(node, "imap")
    assert b" OK " in wire.say(f"a LOGIN {USER} {PASSWORD}".encode(), b"a ")
    return wire


def append(wire: Wire, letter: Letter) -> bytes:
    wire.socket.sendall(b"a APPEND INBOX {%d+}\r\n" % letter.size)
    for piece in letter:
        wire.socket.sendall(piece)
    return wire.say(b"", b"a ")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """It has taken the letter by IMAP, and that has cost no memory."""
    made = Node(tmp_path_factory.mktemp("memory"), message_size_limit=str(2 * SIZE)).init("a.test")
    made.add_users(USER, OTHER)
    with running(made):
        wire = logged_in(made)
        with bounded(made):
            assert b"APPENDUID" in append(wire, Letter())
        wire.close()
        yield made


class bounded:  # noqa: N801 - reads as a sentence
    """``with bounded(node):`` no process takes more than `BOUND` beside what it had before."""

    def __init__(self, node: Node, bound: int = BOUND) -> None:
        self.pid, self.bound = node.pid, bound

    def __enter__(self) -> None:
        memory.forget_peaks(self.pid)
        self.before = memory.peaks(self.pid)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            grown = {one: peak - self.before.get(one, 0) for one, peak in memory.peaks(self.pid).items()}
            assert max(grown.values()) < self.bound, {one: more // MIB for one, more in grown.items()}


@pytest.mark.timeout(300)
def test_a_client_that_stops_reading_costs_a_buffer_and_others_are_served(node: Node) -> None:
    wire = logged_in(node)
    wire.say(b"b EXAMINE INBOX", b"b OK")
    with bounded(node):
        pieces = wire.pieces(wire.literal(b"c FETCH 1 BODY.PEEK[]"))
        began = next(pieces)
        time.sleep(3)
        other = logged_in(node)
        other.say(b"d STATUS INBOX (MESSAGES)", b"d OK")  # while the first has not read on
        assert sha256(chain([began], pieces)) == sha256(Letter())
    wire.until(b"c OK")
    wire.close()
    other.close()


@pytest.mark.timeout(300)
def test_imap_gives_parts_and_stretches_without_holding_the_rest(node: Node) -> None:
    wire = logged_in(node)
    wire.say(b"b EXAMINE INBOX", b"b OK")
    with bounded(node):
        start = len(PIECE) * (TIMES // 2) + 10
        [stretch] = wire.pieces(wire.literal(b"c FETCH 1 BODY.PEEK[2]<%d.65536>" % start))
        assert stretch == PIECE[10 : 10 + 65_536]
        wire.until(b"c OK")
        size = wire.literal(b"d FETCH 1 BINARY.PEEK[2]")
        assert size == TIMES * 57 * 4096
        assert sha256(wire.pieces(size)) == sha256(base64.b64decode(PIECE) for _ in range(TIMES))
        wire.until(b"d OK")
    wire.close()


@pytest.mark.timeout(300)
def test_imap_puts_large_messages_together_without_holding_them(node: Node) -> None:
    wire = logged_in(node)
    with bounded(node):
        url = b"/INBOX/;UID=1/;SECTION=2/;PARTIAL=0.%d" % (100 * MIB)
        wire.say(b'a APPEND Drafts CATENATE (TEXT {14+}\r\nSubject: x\r\n\r\n URL "%b" URL "%b")' % (url, url), b"a OK")
    wire.say(b"b EXAMINE Drafts", b"b OK")
    assert wire.literal(b"c FETCH 1 BODY.PEEK[TEXT]") == 200 * MIB
    wire.close()


@pytest.mark.timeout(300)
def test_a_mailbox_of_middling_messages_does_not_stand_in_memory(node: Node) -> None:
    """Each of them is held as a whole, which is not so for all together: 200 MB."""
    wire = logged_in(node)
    text = b"Subject: middling\r\n\r\n" + PIECE * 3
    for _ in range(20):
        wire.socket.sendall(b"a APPEND Archive" + b" {%d+}\r\n%b" % (len(text), text) * 10)
        assert b"APPENDUID" in wire.say(b"", b"a ")
    wire.say(b"b EXAMINE Archive", b"b OK")
    with bounded(node):
        wire.socket.sendall(b"c FETCH 1:* BODY.PEEK[]\r\n")
        for _ in range(200):
            assert wire.announced() == len(text)
            assert sha256(wire.pieces(len(text))) == sha256([text])
            wire.line()
        wire.until(b"c OK")
    wire.close()


@pytest.mark.timeout(300)
def test_pop3_sends_it_line_by_line(node: Node) -> None:
    wire = Wire(node, "pop3")
    wire.say(f"USER {USER}".encode(), b"+OK")
    wire.say(f"PASS {PASSWORD}".encode(), b"+OK")
    with bounded(node):
        wire.say(b"RETR 1", b"+OK")
        assert sha256(wire.pieces(Letter().size)) == sha256(Letter())
        assert wire.line() == b".\r\n"
        wire.say(b"TOP 1 2", b"+OK")
        assert list(wire.pieces(HEAD.index(b"\r\n\r\n") + 4)) == [HEAD[: HEAD.index(b"\r\n\r\n") + 4]]
    wire.close()


@pytest.mark.timeout(300)
def test_the_api_sends_it_as_the_client_takes_it(node: Node) -> None:
    api = Api(node, USER)
    [row] = api.inbox()
    with bounded(node):
        with api.opened(f"/messages/{row['id']}/raw?download=1") as answer:
            assert int(answer.headers["Content-Length"]) == Letter().size
            assert sha256(iter(lambda: answer.read(MIB), b"")) == sha256(Letter())
        with api.opened(f"/messages/{row['id']}/parts/2") as answer:
            assert int(answer.headers["Content-Length"]) == TIMES * 57 * 4096
            assert answer.read(57) == base64.b64decode(PIECE[:76])


@pytest.mark.timeout(300)
def test_many_half_sent_messages_wait_on_the_disk(node: Node) -> None:
    """Sixty sessions with ten megabytes each, which is what six hundred would be with one."""
    with bounded(node, 128 * MIB):
        sessions = [in_data(node) for _ in range(60)]
        for wire in sessions:
            wire.socket.sendall(HEAD)
            for _ in range(10 * MIB // len(PIECE)):
                wire.socket.sendall(PIECE)
        other = logged_in(node)
        other.say(b"b STATUS INBOX (MESSAGES)", b"b OK")
        assert sessions[0].say(END + b".", b"2")
    for wire in sessions:
        wire.close()


@pytest.mark.timeout(300)
def test_a_message_on_its_way_in_costs_less_than_half_of_it(node: Node) -> None:
    """A server that gathers its lines in memory takes five times as much as it is given."""
    in_data(node, OTHER).say(HEAD + END + b".", b"250")  # what the first message has to load is not counted
    wire = in_data(node, OTHER)
    letter = Letter(30 * MIB // len(PIECE))
    with bounded(node, letter.size // 2):
        for piece in letter:
            wire.socket.sendall(piece)
        wire.say(b".", b"250")
    wire.close()


def in_data(node: Node, recipient: str = USER) -> Wire:
    wire = Wire(node, "smtp")
    wire.say(b"EHLO c.example.org", b"250 ")
    wire.say(b"MAIL FROM:<bob@b.test>", b"250")
    wire.say(f"RCPT TO:<{recipient}>".encode(), b"250")
    wire.say(b"DATA", b"354")
    return wire
