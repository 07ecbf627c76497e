"""FETCH of messages that are not held in memory: the lines are the same, and a damaged body ends the connection."""

from __future__ import annotations

import base64
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.imap import serve
from mailnode.octets import LARGE
from mailnode.store import bodies
from tests.support.imap_wire import ImapWire, logged_in
from tests.support.imapd import ReadingServer, mail

HEAD = b"Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
DATA = random.Random(1).randbytes(LARGE)
ENCODED = base64.encodebytes(DATA).replace(b"\n", b"\r\n")
PART = b"Content-Type: image/x-it\r\nContent-Transfer-Encoding: base64\r\n\r\n"
RAW = HEAD + b"--b\r\n\r\nsmall\r\n--b\r\n" + PART + ENCODED + b"--b--\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path) as one:
        yield one


@pytest.fixture
def wire(server: ReadingServer) -> Iterator[ImapWire]:
    user = server.add_user()
    for raw in (mail(1), RAW, mail(3)):
        server.deliver(user.id, raw)
    with logged_in(server.port, user.address) as one:
        one.command("SELECT INBOX")
        yield one


def literal(data: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(data), data)


def fetched(wire: ImapWire, items: str, numbers: str = "2") -> bytes:
    return b"".join(wire.command(f"FETCH {numbers} {items}")[:-1])


def test_several_sections_of_a_line(wire: ImapWire) -> None:
    found = fetched(wire, "(UID BODY.PEEK[HEADER.FIELDS (X-None)] BODY.PEEK[] BODY.PEEK[1] BODY.PEEK[9])")
    assert found == b"* 2 FETCH (UID 2 BODY[HEADER.FIELDS (X-None)] %b BODY[] %b BODY[1] %b BODY[9] NIL)\r\n" % (
        literal(b"\r\n"),
        literal(RAW),
        literal(b"small"),
    )


def test_neighbours_of_a_large_message_come_in_their_order(wire: ImapWire) -> None:
    found = fetched(wire, "(BODY.PEEK[TEXT])", "1:3")
    body = RAW[len(HEAD) :]
    assert found == b"* 1 FETCH (BODY[TEXT] %b)\r\n* 2 FETCH (BODY[TEXT] %b)\r\n* 3 FETCH (BODY[TEXT] %b)\r\n" % (
        literal(b"Hello 1\r\n"),
        literal(body),
        literal(b"Hello 3\r\n"),
    )


def test_parts_and_stretches(wire: ImapWire) -> None:
    assert fetched(wire, "BODY.PEEK[2]") == b"* 2 FETCH (BODY[2] %b)\r\n" % literal(ENCODED[:-2])
    assert fetched(wire, "BODY.PEEK[2.MIME]") == b"* 2 FETCH (BODY[2.MIME] %b)\r\n" % literal(PART)
    stretch = RAW[1_000_000:1_000_500]
    assert fetched(wire, "BODY.PEEK[]<1000000.500>") == b"* 2 FETCH (BODY[]<1000000> %b)\r\n" % literal(stretch)


def test_decoded(wire: ImapWire) -> None:
    """RFC 3516 §4.2: the size is that of the content."""
    assert fetched(wire, "BINARY.SIZE[2]") == b"* 2 FETCH (BINARY.SIZE[2] %d)\r\n" % len(DATA)
    assert fetched(wire, "BINARY.PEEK[2]") == b"* 2 FETCH (BINARY[2] ~%b)\r\n" % literal(DATA)
    stretch = DATA[700_000:700_100]
    assert fetched(wire, "BINARY.PEEK[2]<700000.100>").removeprefix(b"* 2 FETCH (BINARY[2]<700000> ").lstrip(
        b"~"
    ) == b"%b)\r\n" % literal(stretch)


def test_a_body_that_turns_out_damaged_ends_the_connection(server: ReadingServer, wire: ImapWire) -> None:
    """The literal has begun, so that nothing else can be said."""
    path = max((server.settings.data_dir / "blobs").iterdir(), key=lambda one: one.stat().st_size)
    with path.open("r+b") as file:
        file.seek(900_000)
        file.write(b"x" * 100)
    wire.socket.sendall(b"a FETCH 2 BODY.PEEK[]\r\n")
    assert wire.lines.readline().startswith(b"* 2 FETCH (BODY[] {")
    assert len(rest_of(wire)) < len(RAW)


def rest_of(wire: ImapWire) -> bytes:
    """All that comes before the connection ends, by whatever way."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while data := wire.lines.read1(1 << 20):
            found += data
    return found


def test_a_large_message_by_append_is_the_same(wire: ImapWire) -> None:
    wire.command(b"APPEND INBOX {%d+}\r\n%b" % (len(RAW), RAW))
    assert fetched(wire, "BODY.PEEK[]", "4") == b"* 4 FETCH (BODY[] %b)\r\n" % literal(RAW)


def test_a_large_binary_message(wire: ImapWire) -> None:
    """RFC 3516 §4.4: what cannot be sent as BODY[] later is encoded when it comes."""
    head = b"Content-Type: image/x-it\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    wire.command(b"APPEND INBOX ~{%d+}\r\n%b" % (len(head + DATA), head + DATA))
    assert fetched(wire, "BINARY.PEEK[1]", "4") == b"* 4 FETCH (BINARY[1] ~%b)\r\n" % literal(DATA)


def test_a_message_that_was_large_when_it_came(wire: ImapWire, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies in blocks, and is small by today's measure."""
    monkeypatch.setattr(bodies, "LARGE", 0)
    raw = HEAD + b"--b\r\n\r\nsmall\r\n--b\r\n" + PART + b"aGVsbG8=\r\n--b--\r\n"
    wire.command(b"APPEND INBOX {%d+}\r\n%b" % (len(raw), raw))
    assert fetched(wire, "(BODY.PEEK[] BODY.PEEK[1])", "4") == b"* 4 FETCH (BODY[] %b BODY[1] {5}\r\nsmall)\r\n" % (
        literal(raw)
    )
    assert fetched(wire, "BINARY.PEEK[2]", "4") == b"* 4 FETCH (BINARY[2] {5}\r\nhello)\r\n"


def test_large_pieces_are_put_together(wire: ImapWire) -> None:
    text = b"y" * (LARGE + 1)
    wire.command(
        b'APPEND INBOX CATENATE (URL ";UID=2" TEXT {%d+}\r\n%b URL ";UID=1/;SECTION=TEXT")' % (len(text), text)
    )
    assert fetched(wire, "BODY.PEEK[]", "4") == b"* 4 FETCH (BODY[] %b)\r\n" % literal(RAW + text + b"Hello 1\r\n")
