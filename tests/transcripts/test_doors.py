"""Plays the conversations of the doors mx, submission and lmtp over a real store.

Before the first step there are ann, bob and full (who has no room) in example.com, all with the password
``a-Passw0rd-of-tests``, and the aliases team (ann, bob and far@remote.example) and anna (ann). Header
names: ``kept`` counts the messages in ann's INBOX afterwards, ``queued`` those that wait to leave; any other
name is a setting. The holes of `tests.support.scram` and `tests.support.tokens` are ann's.
"""

from pathlib import Path
from types import ModuleType

import pytest

from mailnode.lmtp import serve as lmtp
from mailnode.mx import serve as mx
from mailnode.submission import serve as submission
from tests.support import scram, tokens
from tests.support.imapd import PASSWORD
from tests.support.smtp_doors import SmtpDoors
from tests.support.transcript import Player, TcpWire, Transcript, gather

HERE = Path(__file__).parent
OWN = {"connections", "kept", "queued"}
DOORS = {"mx": mx, "submission": submission, "lmtp": lmtp}
CASES = [(door, one) for name, door in DOORS.items() for one in gather(HERE / name)]


@pytest.mark.parametrize(("door", "transcript"), CASES, ids=[one.path.stem for _, one in CASES])
def test_conversation(door: ModuleType, transcript: Transcript, tmp_path: Path) -> None:
    settings = {name: value for name, value in transcript.header.items() if name not in OWN}
    with SmtpDoors(door, tmp_path, **({"auth_without_tls": "never"} | settings)) as server:
        ann = "ann@example.com"
        bound = tokens.holes(server, server.users["ann"], ann)
        Player(lambda _: TcpWire("127.0.0.1", server.port), bound, scram.holes(ann, PASSWORD)).play(transcript)
        assert len(server.inbox("ann")) == int(transcript.header.get("kept", 0))
        assert len(server.queued()) == int(transcript.header.get("queued", 0))
