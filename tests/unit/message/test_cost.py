"""What hostile messages cost: four times the bytes may take about four times the time, and no more.

Figures are CPU time, the best of three, with wide bounds: a quadratic step shows as sixteen times, in every try.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailnode.message.digest import digest
from mailnode.message.html import to_text
from tests.support import pace

TRIES = 5
FROM = b"From: a@example.com\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
FORWARDED = b"Content-Type: message/rfc822\r\n\r\n"
QP = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"

MESSAGES: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "parameters": (5_000, lambda n: b"Content-Type: a/b" + b"".join(b"; p%d=v" % i for i in range(n)) + b"\r\n\r\n"),
    "continued parameters": (5_000, lambda n: b"Content-Type: a/b" + b"".join(b"; p*%d=v" % i for i in range(n))),
    "unpaired escapes": (100_000, lambda n: b'Content-Disposition: a; b="' + b"\\" * n),
    "subject": (500_000, lambda n: b"Subject: " + b"a" * n),
    "subject of words": (20_000, lambda n: b"Subject: " + b"=?utf-8?B?5L2g?= " * n),
    "subject of half words": (100_000, lambda n: b"Subject: " + b"=?" * n),
    "subject of blanks": (500_000, lambda n: b"Subject: " + b" " * n + b"x"),
    "subject of folds": (100_000, lambda n: b"Subject: " + b"\r\n " * n + b"x"),
    "subject of replies": (100_000, lambda n: b"Subject: " + b"Re: [a] " * n),
    "parts": (2_500, lambda n: MIXED + b"--b\r\n\r\nx\r\n" * n),
    "parts without blank lines": (2_500, lambda n: MIXED + b"--b\r\nx: y\r\n" * n),
    "lines like boundaries": (50_000, lambda n: MIXED + b"--bx\r\n" * n),
    "multiparts in a row": (
        2_000,
        lambda n: MIXED + b"".join(b"--b\r\nContent-Type: multipart/a; boundary=c%d\r\n\r\n" % i for i in range(n)),
    ),
    "multiparts nested": (
        2_000,
        lambda n: b"".join(b"Content-Type: multipart/a; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(n)),
    ),
    "messages nested": (5_000, lambda n: FORWARDED * n),
    "messages nested around lines": (200_000, lambda n: FORWARDED * 64 + b"\r\n" * n),
    "trace fields": (25_000, lambda n: b"Received: from a by b; Wed, 25 Nov 2026 09:34:59 +0000\r\n" * n),
    "usual fields": (10_000, lambda n: b"To: a@b\r\n" * n),
    "rubbish in the header": (100_000, lambda n: b"a \n" * n),
    "returns in the header": (500_000, lambda n: b"\r" * n),
    "blanks": (500_000, lambda n: PLAIN + b" " * n),
    "blank lines": (500_000, lambda n: PLAIN + b"\n" * n),
    "addresses": (2_500, lambda n: b"To: " + b"a@b," * n),
    "commas": (20_000, lambda n: b"To: " + b"," * n),
    "angles": (20_000, lambda n: b"To: " + b"<," * n + b">"),
    "open comments": (100_000, lambda n: b"To: " + b"(" * n),
    "nested comments": (50_000, lambda n: b"To: " + b"(" * n + b")" * n),
    "open quotes": (50_000, lambda n: b"To: " + b'"\\' * n),
    "references": (50_000, lambda n: b"References: " + b"".join(b"<%d@b> " % i for i in range(n))),
    "base64 of padding": (100_000, lambda n: BASE64 + b"=YQ" * n),
    "soft line ends": (200_000, lambda n: QP + b"=\n" * n),
    "utf-7": (50_000, lambda n: b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+~{+" * n),
    "elements": (50_000, lambda n: HTML + b"<div>" * n),
    "attributes": (50_000, lambda n: HTML + b"<div " + b"a=1 " * n),
    "open attributes": (50_000, lambda n: HTML + b'<a b="' * n),
    "open elements": (100_000, lambda n: HTML + b"<" * n),
    "open remarks": (100_000, lambda n: HTML + b"<!--" * n),
    "hidden elements": (20_000, lambda n: HTML + b"<div hidden>" * n),
    "closing elements": (50_000, lambda n: HTML + b"<b>" * n + b"</p>" * n),
    "references to characters": (100_000, lambda n: HTML + b"&#" * n),
    "quotations": (100_000, lambda n: PLAIN + "在写道 On ".encode() * n),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_cost_grows_with_the_size(name: str) -> None:
    size, make = MESSAGES[name]
    small, large = FROM + make(size), FROM + make(4 * size)
    pace.assert_within(2.0, lambda: digest(large))
    assert any(pace.cost(lambda: digest(large)) <= 8 * pace.cost(lambda: digest(small)) + 0.05 for _ in range(TRIES))


@pytest.mark.parametrize(
    "fragment", ["<div>", "<b><p>", "<div></x>", "</p><b>", "<table>", "<a b=c>", "<p>x", "<!--", "<select>", "<svg>"]
)
def test_reading_html_is_bounded(fragment: str) -> None:
    html = fragment * (1_000_000 // len(fragment))
    pace.assert_within(2.0, lambda: to_text(html))


def test_an_ordinary_message_is_quick() -> None:
    text = b"Hello =E4=BD=A0=E5=A5=BD this is text\r\n" * 40
    page = b"<p style='margin:0'>Hello <b>you</b>, this is <a href='https://example.com/'>text</a>.</p>\r\n" * 15
    head = b"Subject: =?utf-8?B?5L2g5aW9?=\r\nTo: b@example.test\r\nDate: Wed, 25 Nov 2026 09:34:59 +0800\r\n"
    raw = FROM + head + MIXED + b"--b\r\n" + QP + text + b"--b\r\n" + HTML + page + b"--b--\r\n"
    pace.assert_within(0.2, lambda: [digest(raw) for _ in range(100)])


def test_a_megabyte_of_text_is_quick() -> None:
    raw = FROM + PLAIN + "你好，这是一行测试文字。\r\n".encode() * 27_000
    pace.assert_within(0.05, lambda: digest(raw), 3)
