"""Nobody speaks in our name: neither trusted clients, nor neighbours, nor those that wait at another door."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from mailnode.lmtp import serve as lmtp
from mailnode.mx import serve as mx
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk

OURS = b"Authentication-Results: mail.example.com; dmarc=pass header.from=bank.test\r\n"
OTHERS = b"Authentication-Results: mx.example.org; dmarc=pass header.from=bank.test\r\n"


def stored(door: ModuleType, directory: Path, to: str = "ann@example.com", **settings: object) -> SmtpDoors:
    """A door that has taken a message which claims both, from this machine."""
    with SmtpDoors(door, directory, **settings) as server, Talk(server.port) as talk:
        talk.say("LHLO client.example.org")  # no command of SMTP, which goes on as before
        assert talk.send("a@b.test", [to], OURS + OTHERS + LETTER).startswith("250")
    return server


@pytest.mark.parametrize("door", [mx, lmtp], ids=["smtp", "lmtp"])
@pytest.mark.parametrize("trusted", ["", "127.0.0.0/8"], ids=["this machine", "mynetworks"])
def test_our_name_is_taken_away_and_others_are_kept(door: ModuleType, trusted: str, tmp_path: Path) -> None:
    [message] = stored(door, tmp_path, mynetworks=trusted).inbox("ann")
    assert (OURS in message, OTHERS in message) == (False, True)


@pytest.mark.parametrize("door", [mx, lmtp], ids=["smtp", "lmtp"])
def test_a_host_in_front_of_us_may_be_allowed_to(door: ModuleType, tmp_path: Path) -> None:
    [message] = stored(door, tmp_path, results_networks="127.0.0.0/8").inbox("ann")
    assert (OURS in message, OTHERS in message) == (True, True)


def test_nothing_forged_waits_to_be_relayed(tmp_path: Path) -> None:
    [(_, _, message)] = stored(mx, tmp_path, to="far@remote.example", mynetworks="127.0.0.0/8").queued()
    assert OURS not in message
