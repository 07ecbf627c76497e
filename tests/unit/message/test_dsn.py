"""Delivery reports: mailnode.message.dsn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailnode.message import structure, text
from mailnode.message.digest import digest
from mailnode.message.dsn import Action, Recipient, Report, report

NOW = datetime(2026, 11, 25, 9, 34, 59, tzinfo=UTC)
ORIGINAL = b"From: a@example.com\r\nMessage-ID: <o@example.com>\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\n\r\nbody\r\n"
FAILED = Recipient(
    address="b@example.test", action="failed", status="5.1.1", original="rfc822;alias@example.test",
    remote="mx.example.test", words="550 5.1.1 No such user", last_attempt=NOW,
)  # fmt: skip
VALUES = Report(
    reporter="mx.example.com", to="a@example.com", recipients=(FAILED,), original=ORIGINAL, now=NOW,
    message_id="r@mx.example.com", arrived=NOW, envelope_id="QQ314159",
)  # fmt: skip


def part(raw: bytes, number: str) -> tuple[structure.Part, bytes]:
    found = structure.find(structure.scan(raw), number)
    assert found
    return found, text.content(raw, found)


def test_for_programs() -> None:
    found, body = part(report(VALUES), "2")
    assert (found.type, found.subtype) == (b"message", b"delivery-status")
    assert body == (
        b"Reporting-MTA: dns; mx.example.com\r\n"
        b"Original-Envelope-Id: QQ314159\r\n"
        b"Arrival-Date: Wed, 25 Nov 2026 09:34:59 +0000\r\n"
        b"\r\n"
        b"Original-Recipient: rfc822;alias@example.test\r\n"
        b"Final-Recipient: rfc822; b@example.test\r\n"
        b"Action: failed\r\n"
        b"Status: 5.1.1\r\n"
        b"Remote-MTA: dns; mx.example.test\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
        b"Last-Attempt-Date: Wed, 25 Nov 2026 09:34:59 +0000\r\n"
    )


@pytest.mark.parametrize("action", ["failed", "delayed", "delivered", "relayed", "expanded"])
def test_for_people_in_two_languages(action: Action) -> None:
    raw = report(replace(VALUES, recipients=(replace(FAILED, action=action),)))
    found, body = part(raw, "1")
    told = body.decode()
    assert (found.type, found.subtype) == (b"text", b"plain")
    assert "<b@example.test>" in told
    assert "550 5.1.1 No such user" in told
    assert "收件人" in told or "地址的成员" in told
    assert "你好" in told


def test_header() -> None:
    read = message_from_bytes(report(VALUES), policy=policy.default)
    assert read["From"] == "Mail Delivery System <MAILER-DAEMON@mx.example.com>"
    assert read["To"] == "a@example.com"
    assert read["Auto-Submitted"] == "auto-replied"
    assert read["In-Reply-To"] == "<o@example.com>"
    assert read.get_content_type() == "multipart/report"
    assert read.get_param("report-type") == "delivery-status"


def test_report_stands_in_the_conversation_of_its_message() -> None:
    assert digest(report(VALUES)).conversation == digest(ORIGINAL).conversation


def test_header_only_goes_back_unless_the_whole_is_asked_for() -> None:
    found, body = part(report(VALUES), "3")
    assert (found.subtype, body) == (b"rfc822-headers", ORIGINAL.removesuffix(b"body\r\n"))
    found, body = part(report(replace(VALUES, whole=True)), "3")
    assert (found.subtype, body) == (b"rfc822", ORIGINAL)


def test_large_message_goes_back_as_its_header() -> None:
    found, _ = part(report(replace(VALUES, whole=True, original=ORIGINAL + b"x\r\n" * 200_000)), "3")
    assert found.subtype == b"rfc822-headers"


def test_several_recipients_have_their_own_blocks() -> None:
    late = Recipient("c@example.test", "delayed", "4.4.1", words="Connection timed out", will_retry_until=NOW)
    _, body = part(report(replace(VALUES, recipients=(FAILED, late))), "2")
    blocks = body.split(b"\r\n\r\n")
    assert len(blocks) == 3
    assert b"Diagnostic-Code: x-mailnode; Connection timed out\r\nWill-Retry-Until: " in blocks[2]


def test_remote_words_cannot_add_fields() -> None:
    evil = "550 no\r\n\r\nAction: delivered\r\n\x00\x1b[31m"
    raw = report(replace(VALUES, recipients=(replace(FAILED, words=evil, remote="mx\r\nX: y"),), envelope_id="a\r\nb"))
    _, body = part(raw, "2")
    assert body.count(b"\r\nAction:") == 1
    assert body.count(b"\r\n\r\n") == 1
    assert b"\x1b" not in body


def test_boundary_in_the_returned_message_does_no_harm() -> None:
    first = report(VALUES)
    found, body = part(report(replace(VALUES, original=first, whole=True)), "3")
    assert body == first
    assert found.message


def test_address_beyond_ascii_takes_the_global_form() -> None:
    raw = report(replace(VALUES, recipients=(replace(FAILED, address="李四@例子.example"),)))
    found, body = part(raw, "2")
    assert (found.subtype, found.encoding) == (b"global-delivery-status", b"8bit")
    assert "Final-Recipient: utf-8; 李四@例子.example".encode() in body


def test_people_read_a_domain_as_it_is_written() -> None:
    raw = report(replace(VALUES, recipients=(replace(FAILED, address="b@xn--fsqu00a.example"),)))
    assert "<b@例子.example>" in part(raw, "1")[1].decode()
    assert b"Final-Recipient: rfc822; b@xn--fsqu00a.example" in part(raw, "2")[1]


def test_what_holds_eight_bits_says_so() -> None:
    """RFC 2045 §6.4."""
    read = message_from_bytes(report(replace(VALUES, original="Subject: 你好\r\n\r\n".encode())))
    assert read["Content-Transfer-Encoding"] == "8bit"
    assert message_from_bytes(report(VALUES))["Content-Transfer-Encoding"] is None
