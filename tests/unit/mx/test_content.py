"""What a message shows by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.mx.content import seen
from tests.support.pace import assert_within

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
HEAD = "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@a.test>\r\n"
FROM = "From: Ann <ann@a.test>\r\n"
HTML = "Content-Type: text/html\r\n"


def rules(text: str) -> list[str]:
    return [one.rule for one in seen(text.encode(), NOW)]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (FROM + HEAD, []),
        (HEAD, ["no_from"]),
        (FROM + FROM + HEAD, ["several_froms"]),
        ("From: nobody\r\n" + HEAD, ["from_no_address"]),
        ("From: <>\r\n" + HEAD, ["from_no_address"]),
        ('From: "service@bank.test" <x@evil.example>\r\n' + HEAD, ["from_other_address"]),
        ('From: "ann@mail.a.test" <ann@a.test>\r\n' + HEAD, []),
        (FROM + "Message-ID: <1@a.test>\r\n", ["no_date"]),
        (FROM + "Message-ID: <1@a.test>\r\nDate: soon\r\n", ["distant_date"]),
        (FROM + "Message-ID: <1@a.test>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n", ["distant_date"]),
        (FROM + "Message-ID: <1@a.test>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n", ["distant_date"]),
        (FROM + "Date: Wed, 25 Nov 2026 09:00:00 +0000\r\n", ["no_message_id"]),
        (FROM + HEAD + "Subject: BUY IT AT ONCE\r\n", ["shouted_subject"]),
        (FROM + HEAD + "Subject: RFC 5322\r\n", []),
        (FROM + HEAD + 'Content-Type: application/zip; name="a.pdf.exe"\r\n', ["program_attached"]),
    ],
)
def test_fields(header: str, found: list[str]) -> None:
    assert rules(header + "\r\nHello\r\n") == found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p>Good morning, here is the report</p><img src="cid:1">', []),
        ('<a href="https://x.test/1"><img src="https://x.test/2"></a>', ["only_a_picture"]),
        ('<a href="https://x.test/1"><img src="a"></a><p>' + "many words of text " * 5 + "</p>", []),
        ('<a href="http://evil.test/login">https://www.bank.test/login</a> ' + "word " * 20, ["link_lies"]),
        ('<a href="http://a@evil.test:80/">www.bank.test</a> ' + "word " * 20, ["link_lies"]),
        ("<a class=x href=https://click.bank.test/1><b>www.bank.test</b></a> " + "word " * 20, []),
        ('<a href="http://evil.test/login">our bank</a> ' + "word " * 20, []),
    ],
)
def test_html(html: str, found: list[str]) -> None:
    assert rules(FROM + HEAD + HTML + "\r\n" + html) == found


PIECES = st.sampled_from(
    [
        b"From: ", b"Date: ", b"Subject: ", b"Message-ID: ", b"Content-Type: ", b"text/html",
        b"multipart/mixed; boundary=b", b"\r\n--b\r\n", b"\r\n", b"\r\n\r\n", b"<a href=", b"https://", b"a.test",
        b">", b"</a>", b"<img src=", b'"', b"@", b"Content-Disposition: attachment; filename=x.exe",
        b"Wed, 25 Nov 2026 09:00:00 +0000", b"=?utf-8?B?", b"?=", b"[",
    ]
)  # fmt: skip


@given(st.binary(max_size=400) | st.lists(PIECES | st.binary(max_size=3), max_size=30).map(b"".join))
def test_any_bytes_can_be_looked_at(raw: bytes) -> None:
    seen(raw, NOW)
    seen(b"Content-Type: text/html\r\n\r\n<a href=https://" + raw, NOW + timedelta(days=400))


@pytest.mark.parametrize("piece", ["<a ", "<a href=", "<a href=http://x>", "<img <a href=https://", "a@a.", "</a"])
def test_hostile_text_is_looked_at_quickly(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    message = f"From: {text[:60_000]}\r\nSubject: {text}\r\n{HTML}\r\n{text}".encode()
    assert_within(0.5, lambda: seen(message, NOW))
