"""What a neighbour's filter has said of a message holds here, and whom it may be for."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.directory import edit
from mailnode.lmtp import serve
from tests.support.smtp_doors import LETTER, SmtpDoors


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    with SmtpDoors(serve, tmp_path_factory.mktemp("lmtp")) as running:
        yield running


@pytest.mark.parametrize(
    ("field", "mailbox"),
    [
        (b"X-Spam-Flag: YES", "Junk"),
        (b"X-Spam: Yes", "Junk"),
        (b"X-Spam-Flag: NO", "INBOX"),
        (b"X-Spam-Flag: YES, says nobody", "INBOX"),
    ],
)
def test_what_it_has_marked_goes_to_junk(door: SmtpDoors, field: bytes, mailbox: str) -> None:
    before = len(door.inbox("ann", mailbox))
    with smtplib.LMTP("127.0.0.1", door.port) as neighbour:
        assert neighbour.sendmail("x@example.org", ["ann@example.com"], field + b"\r\n" + LETTER) == {}
    assert len(door.inbox("ann", mailbox)) == before + 1
    assert field in door.inbox("ann", mailbox)[-1]


def test_what_is_answered_to_a_report_is_for_the_administrators(tmp_path: Path) -> None:
    """The host's own name is no domain here (RFC 5321 §4.5.1)."""
    with (
        SmtpDoors(serve, tmp_path, hostname="mx.example.com") as door,
        smtplib.LMTP("127.0.0.1", door.port) as neighbour,
    ):
        door.write(lambda tx: edit.set_user(tx, "ann@example.com", administrator=True))
        for name in ("MAILER-DAEMON", "postmaster"):
            assert neighbour.sendmail("x@example.org", [f"{name}@MX.example.com"], LETTER) == {}
        assert len(door.inbox("ann")) == 2
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            neighbour.sendmail("x@example.org", ["ann@mx.example.com"], LETTER)
