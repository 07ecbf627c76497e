"""Plays the IMAP transcripts over TCP against the door and an empty store.

Header names: ``state`` (``greeted``, ``authenticated`` or ``selected``, for every connection), ``messages`` (so many in
INBOX beforehand), ``connections``, ``auth`` (``tls`` when the loopback may not log in without), ``tls`` (``first``),
``quota`` (messages), ``forgotten`` (uids that were removed so long ago that the journal does not know), ``people``
(connections from the second on belong to another user, of the same domain, which no other conversation is in),
``administers`` (the first user administers that domain). The holes ``<user>``, ``<other>``, ``<domain>`` and
``<password>`` are filled in, those of `tests.support.scram` and `tests.support.tokens` too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.directory import edit
from mailnode.imap import serve
from tests.support import scram, tokens
from tests.support.imapd import PASSWORD, ReadingServer, mail
from tests.support.transcript import Player, TcpWire, Transcript, gather

FOLDER = Path(__file__).parent / "imap"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ReadingServer]]:
    """On each engine one that lets the loopback log in without TLS, and one that does not."""
    with (
        ReadingServer(serve, tmp_path_factory.mktemp("loopback"), **database(request, "loopback")) as loopback,
        ReadingServer(
            serve,
            tmp_path_factory.mktemp("never"),
            auth_without_tls="never",
            message_size_limit=2000,
            **database(request, "never"),
        ) as never,
    ):
        yield {"loopback": loopback, "tls": never}


def database(request: pytest.FixtureRequest, name: str) -> dict[str, str]:
    """The setting of an empty database on the engine that the test runs on."""
    if request.param == "sqlite":
        return {}
    return {"database_url": request.getfixturevalue("postgres").create(f"imap_{name}")}


def prepared(wire: TcpWire, state: str, user: str) -> TcpWire:
    """A connection brought into the state in which the conversation begins."""
    if state == "greeted":
        return wire
    commands = [f"pre1 LOGIN {user} {PASSWORD}"]
    if state == "selected":
        commands.append("pre2 SELECT INBOX")
    wire.line()
    for command in commands:
        wire.send(f"{command}\r\n".encode())
        while not (line := wire.line()).startswith(command[:5].encode()):
            assert line, f"closed during {command}"
        assert line[5:7] == b"OK", line
    return wire


@pytest.mark.parametrize("transcript", gather(FOLDER), ids=lambda one: one.path.stem)
def test_conversation(transcript: Transcript, servers: dict[str, ReadingServer]) -> None:
    header = transcript.header
    server = servers[header.get("auth", "loopback")]
    quota = int(header["quota"]) if "quota" in header else None
    domain = f"{transcript.path.stem}.test" if "people" in header else "example.com"
    user = server.add_user(domain, quota_messages=quota)
    other = server.add_user(domain, quota_messages=quota) if "people" in header else user
    if "administers" in header:
        server.write(lambda tx: edit.set_administered(tx, user.address, [domain]))
    for number in range(1, int(header.get("messages", 0)) + 1):
        server.deliver(user.id, mail(number))
    if "forgotten" in header:
        server.forget(user.id, [int(uid) for uid in header["forgotten"].split(",")])

    def connect(number: int) -> TcpWire:
        secure = header.get("tls") == "first"
        wire = TcpWire("127.0.0.1", server.tls_port if secure else server.port, tls_first=secure)
        who = user if number == 1 else other
        return prepared(wire, header.get("state", "authenticated"), who.address)

    bound = {"user": user.address, "other": other.address, "domain": domain, "password": PASSWORD}
    bound |= tokens.holes(server, user.id, user.address)
    Player(connect, bound, scram.holes(user.address, PASSWORD)).play(transcript)
