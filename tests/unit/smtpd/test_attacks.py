"""An SMTP session under attack by strangers."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import time
from pathlib import Path

import pytest

from mailnode.octets import LARGE
from mailnode.room import MEMORY, Room
from mailnode.smtpd.reception import Limits
from tests.support import memory
from tests.support.memory import MIB
from tests.support.smtpd import SmtpdThread

LINE = b"x" * 70 + b"\r\n"


def transaction(client: smtplib.SMTP) -> None:
    client.ehlo("client.example")
    client.mail("a@client.example")
    client.rcpt("b@mx.example")


def hold(port: int, octets: int) -> smtplib.SMTP:
    """A client that is half-way through its message."""
    client = smtplib.SMTP("127.0.0.1", port, timeout=60)
    transaction(client)
    client.docmd("DATA")
    assert client.sock
    client.sock.sendall(LINE * (octets // len(LINE)))
    return client


def until(room: Room, left: int) -> None:
    end = time.monotonic() + 60
    while room.left != left and time.monotonic() < end:
        time.sleep(0.02)
    assert room.left == left


def test_half_sent_messages_cannot_take_all_memory() -> None:
    room = Room(5_000_000)
    with SmtpdThread(Limits(message_size=10_000_000), room=room) as server:
        held = [hold(server.port, 2_000_000) for _ in range(3)]
        late = held[-1]
        late.send(b"\r\n.\r\n")
        assert late.getreply() == (452, b"4.3.1 There is no room for the message at the moment; please try again later")
        transaction(late)  # client and server are in step, and small messages come in
        assert late.data(b"Subject: small\r\n\r\nHello\r\n")[0] == 250
        for client in held:
            client.close()
        until(room, 5_000_000)
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
            transaction(client)
            assert client.data(b"Subject: large\r\n\r\n" + LINE * 40_000)[0] == 250
        until(room, 5_000_000)


def test_half_sent_messages_lie_on_the_disk(tmp_path: Path) -> None:
    room = Room(MEMORY, tmp_path)
    with SmtpdThread(Limits(connections=100), room=room) as server:
        hold(server.port, LARGE + MIB).close()
        before = memory.of(os.getpid(), "VmRSS")
        held = [hold(server.port, LARGE + MIB) for _ in range(60)]
        until(room, MEMORY)
        assert memory.of(os.getpid(), "VmRSS") - before < 48 * MIB
        with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as client:
            transaction(client)
            assert client.data(b"Subject: small\r\n\r\nHello\r\n")[0] == 250
        for client in held:
            client.close()


def test_half_sent_chunks_cannot_take_all_memory() -> None:
    chunk = LINE * 20_000
    room = Room(2_000_000)
    with SmtpdThread(Limits(message_size=10_000_000), room=room) as server:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
            transaction(client)
            assert client.sock
            codes = []
            for _ in range(2):
                client.send(b"BDAT %d\r\n" % len(chunk) + chunk)
                codes.append(client.getreply()[0])
            assert codes == [250, 452]
            until(room, 2_000_000)
            transaction(client)
            client.send(b"BDAT %d\r\n" % len(chunk) + chunk)
            assert client.getreply()[0] == 250
        until(room, 2_000_000)


def test_a_large_message_may_come_in_many_chunks_and_not_in_crumbs() -> None:
    chunk = LINE * 50
    with SmtpdThread(Limits(commands=20)) as server:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
            transaction(client)
            for _ in range(100):
                client.send(b"BDAT %d\r\n" % len(chunk) + chunk)
                assert client.getreply()[0] == 250
            assert client.docmd("BDAT 0 LAST")[0] == 250
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
            transaction(client)
            client.send(b"BDAT 1\r\nx" * 30)
            assert 421 in [client.getreply()[0] for _ in range(20)]


@pytest.mark.parametrize("verb", [b"NOOP", b"RSET", b"EHLO client.example", b"VRFY a", b"HELP", b"nonsense"])
def test_a_hundred_thousand_pipelined_commands_are_cut_off(verb: bytes) -> None:
    with SmtpdThread(Limits()) as server, socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        try:
            client.sendall((verb + b"\r\n") * 100_000)
        except OSError:
            return  # it hung up on us in the middle
        last = b""
        while data := client.recv(65536):
            last = (last + data)[-200:]
        assert b"421 4.7.0 Too many" in last


def endless(port: int, source: str, sent: bytes) -> socket.socket:
    """A client that has sent this and does not go on; what it does not get rid of at once it keeps."""
    made = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
    made.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        made.send(sent)
    return made


def test_a_flood_of_all_kinds_leaves_others_served() -> None:
    start = b"HELO client.example\r\nMAIL FROM:<a@client.example>\r\n"
    floods = [
        b"",  # half open
        b"x" * 500_000,  # an endless line
        b"NOOP\r\n" * 50_000,  # endless commands, and nothing is read
        start + b"RCPT TO:<b@mx.example>\r\n" * 20_000,  # endless recipients
        start + b"RCPT TO:<b@mx.example>\r\nDATA\r\nslowly\r\n",  # a message without an end
        start + b"RCPT TO:<b@mx.example>\r\nBDAT 1000000000\r\nslowly\r\n",  # a chunk without an end
    ]
    with SmtpdThread(Limits(connections=40), room=Room(2_000_000)) as server, contextlib.ExitStack() as stack:
        for number in range(180):
            source = f"127.0.0.{number % 9 + 2}"
            stack.enter_context(endless(server.port, source, floods[number % len(floods)]))
        with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
            transaction(client)
            assert client.data(b"Subject: x\r\n\r\n" + LINE * 100)[0] == 250
        assert server.recorder.contents == [b"Subject: x\r\n\r\n" + LINE * 100]
