"""Complaints as providers write them (ARF)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.message import feedback

ORIGINAL = (
    "From: Ann <ann@example.com>\r\nTo: Far <far@provider.example>\r\n"
    "Subject: =?utf-8?b?5L2g5aW9?=\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n"
)
FIELDS = (
    "Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
    "Original-Mail-From: <ann@example.com>\r\nOriginal-Rcpt-To: <far@provider.example>\r\n"
    "Reporting-MTA: dns; mail.provider.example\r\nSource-IP: 192.0.2.1\r\n"
)


def report(fields: str = FIELDS, original: str = ORIGINAL, kind: str = "message/rfc822") -> bytes:
    return (
        "From: fbl@provider.example\r\nTo: fbl@example.com\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSomebody complained.\r\n\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{original}\r\n--b--\r\n"
    ).encode()


def test_a_complaint_says_who_about_what() -> None:
    found = feedback.read(report())
    assert found == feedback.Feedback(
        kind="abuse",
        recipient="far@provider.example",
        sender="ann@example.com",
        message_id="one@example.com",
        subject="你好",
        source_ip="192.0.2.1",
        reporter="mail.provider.example",
    )


def test_only_the_header_may_come_back() -> None:
    header = ORIGINAL.partition("\r\n\r\n")[0] + "\r\n"
    assert feedback.read(report(original=header, kind="text/rfc822-headers")).message_id == "one@example.com"


def test_a_hidden_recipient_is_taken_from_the_original() -> None:
    fields = FIELDS.replace("Original-Rcpt-To: <far@provider.example>\r\n", "Original-Rcpt-To: redacted\r\n")
    assert feedback.read(report(fields)).recipient == "far@provider.example"
    several = ORIGINAL.replace("Far <far@provider.example>", "a@x.example, b@x.example")
    assert feedback.read(report(fields, several)).recipient == ""


def test_an_unknown_type_is_another() -> None:
    assert feedback.read(report(FIELDS.replace("abuse", "opt-out-list"))).kind == "other"
    assert feedback.read(report(FIELDS.replace("abuse", "Not-Spam"))).kind == "not-spam"


@pytest.mark.parametrize("raw", [b"", b"Subject: x\r\n\r\nhello", report().replace(b"feedback-report", b"other")])
def test_what_is_no_complaint(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        feedback.read(raw)


@given(st.binary(max_size=300), st.integers(0, 600))
def test_any_bytes_at_all(noise: bytes, at: int) -> None:
    whole = report()
    try:
        feedback.read(whole[:at] + noise + whole[at:])
    except ProtocolError:
        pass
