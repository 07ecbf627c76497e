"""Plays the SMTP transcripts over TCP, against the session alone.

Header names: ``kept`` the number of messages that must have been handed on; ``message_size``,
``recipients``, ``errors``, ``refusals``, ``commands``, ``clients`` (connections of one address) and ``idle``
set limits; ``early: taken`` switches the refusal of early commands off; ``trusted`` networks may use XCLIENT.
"""

from ipaddress import ip_network
from pathlib import Path
from ssl import SSLContext

import pytest

from mailnode.smtpd.reception import Limits
from tests.support.smtpd import SmtpdThread, certificate
from tests.support.transcript import Player, TcpWire, Transcript, gather

FOLDER = Path(__file__).parent / "smtp"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> SSLContext:
    return certificate(tmp_path_factory.mktemp("tls"))


def limits_of(header: dict[str, str]) -> Limits:
    return Limits(
        message_size=int(header.get("message_size", 52_428_800)),
        recipients=int(header.get("recipients", 1000)),
        idle=float(header.get("idle", 10)),
        errors=int(header.get("errors", 20)),
        refusals=int(header.get("refusals", 100)),
        commands=int(header.get("commands", 200)),
        connections=int(header.get("clients", 100)),
    )


@pytest.mark.parametrize("transcript", gather(FOLDER), ids=lambda one: one.path.stem)
def test_conversation(transcript: Transcript, context: SSLContext) -> None:
    trusted = tuple(ip_network(one) for one in transcript.header.get("trusted", "").split())
    with SmtpdThread(limits_of(transcript.header), context, trusted=trusted) as server:
        server.recorder.refuse_early = transcript.header.get("early") != "taken"
        Player(lambda _number: TcpWire("127.0.0.1", server.port)).play(transcript)
    assert len(server.recorder.contents) == int(transcript.header.get("kept", 0))
