"""Sequences that some server takes for a message's end, by BDAT; and sizes that two servers may read differently."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mailnode.message import binary
from mailnode.proto.content import fault_of
from mailnode.proto.lines import stuff
from mailnode.smtpd.reception import Limits
from tests.properties.smtp.test_smuggling import BARE, ENDS
from tests.support.smtpd import SmtpdThread
from tests.unit.proto.test_lines import SMUGGLING

ALL = sorted({*ENDS, *SMUGGLING})
EVIL = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\nevil\r\n.\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[SmtpdThread]:
    with SmtpdThread(Limits(errors=1000)) as running:
        yield running


@pytest.fixture
def talk(server: SmtpdThread) -> Iterator[socket.SocketIO]:
    server.recorder.contents.clear()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        wire = client.makefile("rwb", buffering=0)
        assert wire.readline().startswith(b"220")
        wire.write(b"HELO client.example\r\n")
        assert wire.readline().startswith(b"250")
        yield wire


def heard(wire: socket.SocketIO, sent: bytes, answers: int) -> list[bytes]:
    wire.write(sent)
    return [wire.readline() for _ in range(answers)]


def in_chunks(sequence: bytes) -> bytes:
    """A message in three chunks, cut in the middle of the sequence, and a command behind it."""
    whole = b"Subject: x\r\n\r\none" + sequence + EVIL
    middle = len(whole) - len(EVIL) - len(sequence) // 2
    first, second = whole[:middle], whole[middle:]
    commands = b"MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n"
    chunks = b"BDAT %d\r\n%bBDAT %d\r\n%bBDAT 0 LAST\r\n" % (len(first), first, len(second), second)
    return commands + chunks + b"NOOP\r\n"


@pytest.mark.parametrize("sequence", ALL)
def test_by_chunks_no_sequence_ends_a_message(server: SmtpdThread, talk: socket.SocketIO, sequence: bytes) -> None:
    *_, last, after = heard(talk, in_chunks(sequence), 6)
    assert after == b"250 2.0.0 OK\r\n"
    assert len(server.recorder.contents) == (last[:3] == b"250")
    for content in server.recorder.contents:
        assert content.count(b"\nevil\r\n") == 1, "all of it is one message"
        assert not BARE.search(content)
        assert stuff(content).count(b"\r\n.\r\n") == 1


@pytest.mark.parametrize("sequence", ALL)
def test_in_a_binary_part_every_sequence_becomes_letters(sequence: bytes) -> None:
    made = binary.in_lines(b"Content-Transfer-Encoding: binary\r\n\r\none" + sequence + EVIL)
    assert fault_of(made[:]) == ""
    assert stuff(made[:]).count(b"\r\n.\r\n") == 1
    assert b"evil" not in made[:]


@pytest.mark.parametrize("sequence", ALL)
def test_in_the_header_of_a_binary_message_no_sequence_is_kept(sequence: bytes) -> None:
    made = binary.in_lines(b"Subject: x" + sequence + EVIL + b"Content-Transfer-Encoding: binary\r\n\r\none")
    assert fault_of(made[:]) or not BARE.search(made[:])


@pytest.mark.parametrize(
    "size",
    [b"-1", b"+5", b"0x5", b"5.0", b"1e1", b"5,LAST", b"5  LAST", b"5 LAST LAST", b"\xef\xbc\x95", b"9" * 13],
)
def test_a_size_that_can_be_read_in_two_ways_ends_the_conversation(
    server: SmtpdThread, talk: socket.SocketIO, size: bytes
) -> None:
    heard(talk, b"MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n", 2)
    [told] = heard(talk, b"BDAT %b\r\n" % size, 1)
    assert told.startswith(b"501 5.5.4")
    assert talk.readline() == b""
    assert server.recorder.contents == []


def test_chunks_cannot_be_ended_by_data(server: SmtpdThread, talk: socket.SocketIO) -> None:
    heard(talk, b"MAIL FROM:<a@client.example>\r\nRCPT TO:<b@mx.example>\r\n", 2)
    assert heard(talk, b"BDAT 3\r\na\r\nDATA\r\n", 2)[1].startswith(b"503 5.5.1")
    assert server.recorder.contents == []


def test_what_is_left_of_a_refused_chunk_is_no_command(server: SmtpdThread, talk: socket.SocketIO) -> None:
    told = heard(talk, b"BDAT %d LAST\r\n%bNOOP\r\n" % (len(EVIL), EVIL), 2)
    assert [line[:3] for line in told] == [b"503", b"250"]
    assert server.recorder.contents == []
