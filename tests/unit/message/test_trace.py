"""Trace fields and completed submissions: mailnode.message.trace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailnode.message import headers, trace
from mailnode.message.digest import digest

NOW = datetime(2026, 11, 25, 9, 34, 59, tzinfo=UTC)


def received(**changes: str | None) -> bytes:
    values = {
        "helo": "mail.example.com", "peer": "192.0.2.1", "ptr": None, "by": "mx.example.test", "protocol": "ESMTP",
        "id": "1a2b", "recipient": None, "tls": None,
    } | changes  # fmt: skip
    return trace.received(when=NOW, **values)  # type: ignore[arg-type]


def test_received() -> None:
    assert received() == (
        b"Received: from mail.example.com ([192.0.2.1])\r\n"
        b"\tby mx.example.test with ESMTP id 1a2b;\r\n"
        b"\tWed, 25 Nov 2026 09:34:59 +0000\r\n"
    )


def test_received_with_all_that_is_known() -> None:
    field = received(
        ptr="host.example.com", peer="2001:db8::1", protocol="ESMTPS", recipient="u@example.test",
        tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    )  # fmt: skip
    assert field == (
        b"Received: from mail.example.com (host.example.com [IPv6:2001:db8::1])\r\n"
        b"\t(using TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        b"\tby mx.example.test with ESMTPS id 1a2b\r\n"
        b"\tfor <u@example.test>;\r\n"
        b"\tWed, 25 Nov 2026 09:34:59 +0000\r\n"
    )


@pytest.mark.parametrize("evil", ["a\r\nBcc: b", "a\nb", "a(b", "a)b;", "a\0b", "x" * 5000, "", "a\u2028b"])
def test_a_greeting_cannot_break_out(evil: str) -> None:
    field = received(helo=evil, ptr=evil, tls=evil, recipient=f"{evil}@example.com")
    (only,) = headers.fields(field)
    assert (only.name, only.start, only.end) == (b"received", 0, len(field))
    assert max(map(len, field.split(b"\r\n"))) <= 998


def test_hops_counts_the_header_only() -> None:
    raw = (
        received() * 3
        + b"X-Received: no\r\nRECEIVED : yes\r\nSubject: x\r\n Received: folded\r\n\r\nReceived: body\r\n"
    )
    assert digest(raw).hops == 4


def test_final_delivery() -> None:
    assert trace.at_final_delivery("a@example.com", "u@example.test") == (
        b"Return-Path: <a@example.com>\r\nDelivered-To: u@example.test\r\n"
    )
    assert trace.at_final_delivery("", "u@example.test").startswith(b"Return-Path: <>\r\n")


def test_loop_is_seen() -> None:
    raw = trace.at_final_delivery("", "User@Example.test") + b"Subject: x\r\n\r\nDelivered-To: b@example.test\r\n"
    delivered_to = digest(raw).delivered_to
    assert trace.names_recipient(delivered_to, "user@example.TEST")
    assert not trace.names_recipient(delivered_to, "b@example.test")


def complete(raw: bytes) -> bytes:
    return trace.complete_submission(raw, now=NOW, message_id_domain="example.com", unique="u1")


def test_missing_fields_are_added_in_front() -> None:
    raw = b"From: a@example.com\r\n\r\nbody"
    assert complete(raw) == (
        b"Date: Wed, 25 Nov 2026 09:34:59 +0000\r\nMessage-ID: <u1@example.com>\r\nFrom: a@example.com\r\n\r\nbody"
    )


def test_complete_message_stays_as_it_is() -> None:
    raw = b"Date: x\r\nMESSAGE-ID: y\r\nSubject: Bcc: z\r\n\r\nBcc: body\r\n"
    assert complete(raw) == raw


def test_blind_copies_and_return_path_go() -> None:
    raw = b"Bcc: a@x,\r\n b@x\r\nDate: x\r\nReturn-Path: <a>\r\nResent-Bcc: c\r\nMessage-ID: y\r\nbcc:d\r\n\r\nbody"
    assert complete(raw) == b"Date: x\r\nMessage-ID: y\r\n\r\nbody"


@pytest.mark.parametrize("body", [b"hello\r\n", b"", b"hello\r\n\r\nmore", b"\r\nbody after a blank line"])
def test_text_without_a_header_becomes_the_body(body: bytes) -> None:
    raw = complete(body)
    _, start = headers.split(raw)
    assert raw[start:] == body.removeprefix(b"\r\n")
