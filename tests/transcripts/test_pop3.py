"""Plays the POP3 transcripts over TCP against the door and an empty store.

Header names: ``state`` (``greeted``, or ``transaction`` when left out), ``messages`` (so many in INBOX
beforehand), ``imported`` (the uid of one that came with a unique id), ``mail`` (``dots``: a message of dots;
``letters``: one with letters beyond ASCII in its header), ``auth`` (``tls`` when the loopback may not log in without),
``tls`` (``first``). The holes ``<user>``, ``<password>``, ``<plain>`` and ``<long>`` are filled in, those of
`tests.support.scram` and `tests.support.tokens` too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.pop3 import serve
from mailnode.store import uidls
from tests.support import scram, tokens
from tests.support.imapd import PASSWORD, ReadingServer, mail
from tests.support.transcript import Player, TcpWire, Transcript, gather

FOLDER = Path(__file__).parent / "pop3"
MAIL = {
    "dots": b"Subject: dots\r\n\r\n.\r\n.two\r\nend\r\n",
    "letters": "From: Jörg <jörg@example.com>\r\nTo: Bob <bob@example.com>\r\nSubject: Grüße\r\n\r\nHällo\r\n".encode(),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ReadingServer]]:
    """One that lets the loopback log in without TLS, and one that does not."""
    with (
        ReadingServer(serve, tmp_path_factory.mktemp("loopback")) as loopback,
        ReadingServer(serve, tmp_path_factory.mktemp("never"), auth_without_tls="never") as never,
    ):
        yield {"loopback": loopback, "tls": never}


def logged_in(wire: TcpWire, user: str) -> TcpWire:
    wire.line()
    for command in (f"USER {user}", f"PASS {PASSWORD}"):
        wire.send(f"{command}\r\n".encode())
        assert wire.line().startswith(b"+OK"), command
    return wire


def greeted(wire: TcpWire) -> TcpWire:
    assert wire.line().startswith(b"+OK")
    return wire


@pytest.mark.parametrize("transcript", gather(FOLDER), ids=lambda one: one.path.stem)
def test_conversation(transcript: Transcript, servers: dict[str, ReadingServer]) -> None:
    header = transcript.header
    server = servers[header.get("auth", "loopback")]
    user = server.add_user()
    for number in range(1, int(header.get("messages", 0)) + 1):
        server.deliver(user.id, mail(number))
    if "mail" in header:
        server.deliver(user.id, MAIL[header["mail"]])
    if "imported" in header:
        server.write(lambda tx: uidls.set_imported(tx, user.id, {int(header["imported"]): "UID2-1136973824"}))

    def connect(_: int) -> TcpWire:
        secure = header.get("tls") == "first"
        wire = TcpWire("127.0.0.1", server.tls_port if secure else server.port, tls_first=secure)
        return greeted(wire) if header.get("state") == "greeted" else logged_in(wire, user.address)

    plain = b64encode(f"\0{user.address}\0{PASSWORD}".encode()).decode()
    holes = {"user": user.address, "password": PASSWORD, "plain": plain, "long": "x" * 20_000}
    Player(connect, holes | tokens.holes(server, user.id, user.address), scram.holes(user.address, PASSWORD)).play(
        transcript
    )
