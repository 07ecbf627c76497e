"""Delivery reports that came from elsewhere, and which conversation they belong to."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailnode.message import bounce, dsn, structure
from mailnode.message.bounce import Reported
from mailnode.message.conversation import conversation_key
from mailnode.message.digest import digest

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ORIGINAL = (
    b"From: ann@example.com\r\nMessage-ID: <two@example.com>\r\nReferences: <one@far.example>\r\n"
    b"Subject: Re: x\r\n\r\nHello\r\n"
)
STRANGERS = (
    b"From: MAILER-DAEMON@far.example\r\nTo: ann@example.com\r\nSubject: failure\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type="Delivery-Status"; boundary=b\r\n\r\n'
    b"--b\r\n\r\nSorry.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.far.example\r\n\r\n"
    b"Original-Recipient: rfc822;gone@far.example\r\nFinal-Recipient: rfc822;x@inner.example\r\n"
    b"Action: Failed\r\nStatus: 5.1.1 (bad address)\r\nRemote-MTA: dns;inner.example\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1\r\n No such user\r\n\r\n"
    b"Final-Recipient: rfc822;late@far.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + ORIGINAL + b"\r\n--b--\r\n"
)


def read(raw: bytes) -> bounce.Bounce | None:
    return bounce.read(raw, structure.scan(raw))


def test_recipients_are_read_from_a_strangers_report() -> None:
    found = read(STRANGERS)
    assert found is not None
    assert found.recipients == (
        Reported("gone@far.example", "failed", "5.1.1", "550 5.1.1 No such user", "inner.example"),
        Reported("late@far.example", "delayed", "4.4.1", "", ""),
    )
    assert (found.message_id, found.references) == ("two@example.com", ("one@far.example", "two@example.com"))


def test_a_report_stands_in_the_conversation_of_what_it_is_about() -> None:
    assert digest(STRANGERS).conversation == digest(ORIGINAL).conversation
    assert digest(STRANGERS).conversation == conversation_key("", ("one@far.example",))


def test_our_own_reports_are_read_back() -> None:
    recipient = dsn.Recipient("gone@far.example", "failed", "5.1.1", remote="mx.far.example", words="550 No such user")
    raw = dsn.report(dsn.Report("mail.example.com", "ann@example.com", (recipient,), ORIGINAL, NOW, "r@example.com"))
    found = read(raw)
    assert found is not None
    assert found.recipients == (Reported("gone@far.example", "failed", "5.1.1", "550 No such user", "mx.far.example"),)
    assert b"The address does not exist." in raw.replace(b"=\r\n", b"") or b"base64" in raw


def test_other_mail_is_no_report() -> None:
    assert read(b"Subject: x\r\n\r\nhello") is None
    assert read(STRANGERS.replace(b"Delivery-Status", b"something")) is None
    assert digest(b"Subject: x\r\n\r\nhello").references == ()


@given(st.binary(max_size=300), st.integers(0, 900))
def test_any_bytes_at_all(noise: bytes, at: int) -> None:
    read(STRANGERS[:at] + noise + STRANGERS[at:])
