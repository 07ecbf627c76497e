"""What a transcript cannot show: time, split packets, closed connections, floods, going down."""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.proto.content import OVERRUN
from mailnode.smtpd.reception import Limits
from tests.support.client import trusting
from tests.support.smtpd import SmtpdThread, certificate
from tests.unit.proto.test_lines import SMUGGLING

LIMITS = Limits(message_size=1 << 20, idle=60)


class Client:
    def __init__(self, port: int) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self) -> bytes:
        """The last line of the next reply; empty when the server has closed."""
        while line := self.file.readline():
            if line[3:4] == b" ":
                return line
        return b""

    def say(self, line: bytes) -> bytes:
        self.socket.sendall(line + b"\r\n")
        return self.reply()

    def to_rcpt(self) -> None:
        assert self.say(b"EHLO client.example").startswith(b"250")
        assert self.say(b"MAIL FROM:<a@client.example>").startswith(b"250")
        assert self.say(b"RCPT TO:<b@mx.example>").startswith(b"250")

    def to_data(self) -> None:
        self.to_rcpt()
        assert self.say(b"DATA").startswith(b"354")

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def server() -> Iterator[SmtpdThread]:
    with SmtpdThread(LIMITS) as running:
        yield running


@pytest.fixture
def client(server: SmtpdThread) -> Iterator[Client]:
    one = Client(server.port)
    yield one
    one.close()


def until(claim: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not claim():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def client_heard(client: Client) -> bool:
    """True when something waits to be read."""
    return bool(select.select([client.socket], [], [], 0)[0])


@pytest.mark.parametrize("sequence", SMUGGLING)
def test_smuggling_over_tcp(server: SmtpdThread, client: Client, sequence: bytes) -> None:
    client.to_data()
    answer = client.say(b"Subject: x\r\n\r\nfirst" + sequence + b"MAIL FROM:<evil@x.example>\r\nsecond\r\n.")
    assert answer[:3] in (b"250", b"554")
    assert client.say(b"NOOP") == b"250 2.0.0 OK\r\n"
    assert not any(sequence in content for content in server.recorder.contents)
    assert len(server.recorder.contents) == (answer[:3] == b"250")


def test_one_octet_at_a_time(server: SmtpdThread, client: Client) -> None:
    for octet in b"EHLO client.example\r\n":
        client.socket.sendall(bytes((octet,)))
    assert client.reply().startswith(b"250")
    client.say(b"MAIL FROM:<a@client.example>")
    client.say(b"RCPT TO:<b@mx.example>")
    client.say(b"DATA")
    for octet in b"..x\r\n.\r\nNOOP\r\n":
        client.socket.sendall(bytes((octet,)))
        time.sleep(0.002)
    assert client.reply().startswith(b"250 2.0.0 4 octets")
    assert client.reply() == b"250 2.0.0 OK\r\n"
    assert server.recorder.contents == [b".x\r\n"]


def test_slow_but_living_content_is_not_cut() -> None:
    with SmtpdThread(Limits(idle=4)) as server:
        client = Client(server.port)
        client.to_data()
        for _ in range(10):
            client.socket.sendall(b"still here\r\n")
            time.sleep(0.5)
        assert client.say(b".").startswith(b"250")
        client.close()


def test_content_that_drips_for_too_long_is_cut() -> None:
    with SmtpdThread(Limits(idle=1.5, transaction=2)) as server:
        client = Client(server.port)
        client.to_data()
        while not client_heard(client):
            client.socket.sendall(b"x\r\n")
            time.sleep(0.1)
        assert client.reply().startswith(b"421 4.4.2")
        client.close()
        assert server.recorder.contents == []


def test_flood_without_line_end_is_refused_and_cut(client: Client) -> None:
    client.to_data()
    chunk = b"x" * (1 << 16)
    for _ in range((LIMITS.message_size + OVERRUN) // len(chunk) + 1):
        client.socket.sendall(chunk)
    assert client.reply() == b"552 5.3.4 The message is too large\r\n"
    assert client.reply() == b""


def test_command_flood_without_line_end(client: Client) -> None:
    client.socket.sendall(b"x" * (4 << 20))
    assert client.say(b"").startswith(b"500 5.5.2")
    assert client.say(b"NOOP").startswith(b"250")


def test_command_flood_without_an_end_is_cut(client: Client) -> None:
    chunk = b"x" * (1 << 16)
    with contextlib.suppress(OSError):  # it is cut off while it sends
        for _ in range(OVERRUN // len(chunk) + 2):
            client.socket.sendall(chunk)
    assert client.reply().startswith(b"500 5.5.2")
    assert client.reply() == b""


@pytest.mark.parametrize("begun", [True, False])
def test_a_chunk_that_can_never_be_kept_is_not_waited_for(server: SmtpdThread, begun: bool) -> None:
    client = Client(server.port)
    if begun:
        client.to_rcpt()
    assert client.say(b"BDAT 999999999999 LAST").startswith(b"552 5.3.4" if begun else b"503")
    assert client.reply() == b""


@pytest.mark.parametrize("last", [b"", b" LAST"])
@pytest.mark.parametrize("lines", [b"x\ry\r\n", b"x\r\n"])
def test_what_is_wrong_with_a_message_in_chunks_is_told_to_the_door(
    server: SmtpdThread, last: bytes, lines: bytes
) -> None:
    content = lines * (LIMITS.message_size // len(lines) + 1 if lines == b"x\r\n" else 1)
    client = Client(server.port)
    client.to_rcpt()
    client.socket.sendall(b"BDAT %d%b\r\n%b" % (len(content), last, content))
    if not client.reply().startswith(b"5"):
        assert client.say(b"BDAT 0 LAST").startswith(b"554 5.6.0")
    assert server.recorder.faults == ["bare-newline" if b"y" in lines else "too-big"]


def test_message_cut_off_in_the_middle_is_not_taken(server: SmtpdThread, client: Client) -> None:
    client.to_data()
    client.socket.sendall(b"half\r\n")
    client.close()
    until(lambda: not server.door.sessions)
    assert server.recorder.contents == []


def test_message_is_taken_when_the_client_is_gone_before_the_answer(server: SmtpdThread, client: Client) -> None:
    client.to_data()
    client.socket.sendall(b"slow\r\n.\r\n")
    client.close()
    until(lambda: server.recorder.contents == [b"slow\r\n"])


def test_half_closed_client_hears_its_answers(client: Client) -> None:
    client.socket.sendall(b"NOOP\r\nNOOP\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.file.read() == b"250 2.0.0 OK\r\n" * 2


def test_going_down_tells_who_is_idle_and_waits_for_who_sends(server: SmtpdThread) -> None:
    idle, busy = Client(server.port), Client(server.port)
    busy.to_data()
    server.drain()
    assert idle.reply().startswith(b"421 4.3.2")
    assert idle.reply() == b""
    assert busy.say(b"x\r\n.").startswith(b"250")
    assert busy.reply().startswith(b"421 4.3.2")
    idle.close()
    busy.close()


def test_client_that_does_not_read_is_dropped() -> None:
    with SmtpdThread(Limits(idle=0.3, errors=1 << 30, commands=1 << 30)) as server:
        client = Client(server.port)
        client.socket.settimeout(0.5)
        try:
            while True:
                client.socket.sendall(b"HELP\r\n" * 1000)
        except OSError:
            pass
        until(lambda: not server.door.sessions)
        client.close()


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    return certificate(tmp_path)


def test_tls_from_the_first_byte(context: ssl.SSLContext) -> None:
    with SmtpdThread(LIMITS, context, tls_first=True) as server:
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        with trusting().wrap_socket(raw) as secured, secured.makefile("rb") as file:
            assert file.readline().startswith(b"220")
            secured.sendall(b"EHLO client.example\r\n")
            offered = [file.readline()]
            while offered[-1][3:4] == b"-":
                offered.append(file.readline())
            assert b"250-AUTH PLAIN LOGIN\r\n" in offered
            assert b"250-STARTTLS\r\n" not in offered


def test_broken_handshake_leaves_nothing_behind(context: ssl.SSLContext) -> None:
    with SmtpdThread(LIMITS, context) as server:
        client = Client(server.port)
        assert client.say(b"STARTTLS").startswith(b"220")
        client.socket.sendall(b"this is no handshake\r\n")
        until(lambda: not server.door.sessions)
        client.close()
        assert Client(server.port).say(b"NOOP").startswith(b"250")


def test_a_stranger_has_two_minutes_whatever_he_says() -> None:
    with SmtpdThread(Limits(login=0.5)) as server:
        one = Client(server.port)
        while not (reply := one.say(b"NOOP")).startswith(b"421"):
            assert reply.startswith(b"250")
            time.sleep(0.1)
        assert reply.startswith(b"421 4.7.0 It took too long to log in")
        one.close()


def test_who_need_not_log_in_has_longer() -> None:
    with SmtpdThread(LIMITS) as server:
        one = Client(server.port)
        time.sleep(1)
        assert one.say(b"NOOP").startswith(b"250")
        one.close()


def test_who_has_logged_in_has_longer(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    assert any(stays(tls, seconds) for seconds in (0.7, 5, 25)), "on a busy machine a login may take longer"


def stays(tls: ssl.SSLContext, seconds: float) -> bool:
    """Who has logged in within so many seconds is still served after them; False when that took longer."""
    with (
        SmtpdThread(Limits(login=seconds), tls, tls_first=True) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain,
        trusting().wrap_socket(plain) as wire,
        wire.makefile("rb") as lines,
    ):
        try:
            wire.sendall(b"EHLO client.example\r\nAUTH PLAIN AGEAc2VjcmV0\r\n")
            while not (line := lines.readline()).startswith(b"235"):
                if not line:
                    return False
        except ConnectionError:  # it was over just then
            return False
        time.sleep(1.5 * seconds)
        wire.sendall(b"NOOP\r\n")
        assert lines.readline().startswith(b"250")
        return True


def test_who_speaks_before_the_greeting_does_not_wait_for_it() -> None:
    with SmtpdThread(LIMITS) as server:
        server.recorder.delay = 3600.0
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            client.sendall(b"EHLO client.example\r\n")
            lines = client.makefile("rb")
            assert lines.readline().startswith(b"220")
            while lines.readline()[3:4] == b"-":
                continue
            client.sendall(b"MAIL FROM:<a@client.example>\r\n")
            assert lines.readline().startswith(b"250")
            client.sendall(b"RCPT TO:<b@mx.example>\r\n")
            assert lines.readline().startswith(b"250")
            client.sendall(b"DATA\r\n")
            assert lines.readline().startswith(b"503 5.5.0 Commands came too early")


def test_who_goes_before_the_greeting_leaves_nothing_behind() -> None:
    with SmtpdThread(LIMITS) as server:
        server.recorder.delay = 3600.0
        one = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        until(lambda: server.door.sessions, 60)
        one.close()
        until(lambda: not server.door.sessions, 60)


def test_a_refusal_may_wait_and_going_down_does_not(server: SmtpdThread, client: Client) -> None:
    client.say(b"EHLO client.example")
    client.say(b"MAIL FROM:<a@client.example>")
    client.socket.sendall(b"RCPT TO:<tarpit@mx.example>\r\nNOOP\r\nRCPT TO:<tarpit@mx.example>\r\n")
    assert not select.select([client.socket], [], [], 0.2)[0]
    server.drain()
    assert client.reply().startswith(b"550 5.1.1")


def test_in_a_crowd_new_clients_have_less_time() -> None:
    with SmtpdThread(Limits(idle=3600, crowd=1, hurried=0.2)) as server:
        first, second = Client(server.port), Client(server.port)
        assert second.reply().startswith(b"421 4.4.2")
        assert first.say(b"NOOP").startswith(b"250")
        first.close()
        second.close()
