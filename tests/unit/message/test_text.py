"""Readable text of a message: mailnode.message.text."""

from __future__ import annotations

import base64

import pytest

from mailnode.message import structure, text


def whole(raw: bytes) -> str:
    return text.search_text(raw, structure.scan(raw))


def part(header: str, body: bytes) -> bytes:
    return header.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (part("Content-Type: text/plain; charset=utf-8", "你好".encode()), "你好"),
        (part("Content-Type: text/plain; charset=gb2312", "你好".encode("gbk")), "你好"),
        (part("Content-Type: text/plain; charset=big5", "繁體".encode("big5")), "繁體"),
        (part("Content-Type: text/plain; charset=iso-2022-jp", "日本".encode("iso2022_jp")), "日本"),
        (part("Subject: no type", "你好，世界".encode("gbk")), "你好，世界"),
        (part("Content-Transfer-Encoding: base64", base64.b64encode(b"hello")), "hello"),
        (part("Content-Transfer-Encoding: quoted-printable", b"a=20b=\r\nc =3D"), "a bc ="),
        (part("Content-Transfer-Encoding: x-strange", b"as it is"), "as it is"),
        (part("Content-Type: text/html", b"<p>rich &amp; famous</p><script>no</script>"), "rich & famous"),
        (part("Content-Type: image/png", b"binary"), ""),
        (part('Content-Type: image/png; name="=?utf-8?B?5L2g5aW9?=.png"', b"binary"), "你好.png"),
    ],
)
def test_search_text(raw: bytes, expected: str) -> None:
    assert whole(raw) == expected


def test_text_of_messages_inside_is_found() -> None:
    raw = b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ndeep inside"
    assert whole(raw) == "deep inside"


def test_text_is_bounded() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n\r\n" + b"word " * 100_000 + b"\r\n") * 5
    assert len(whole(raw)) <= text.MAX_TEXT


def test_content_is_the_decoded_body() -> None:
    raw = part("Content-Transfer-Encoding: base64", base64.encodebytes(bytes(range(256)) * 10))
    root = structure.scan(raw)
    assert text.content(raw, root) == bytes(range(256)) * 10
    assert text.content(raw, root, 10).startswith(bytes(range(10)))


def test_source_keeps_html() -> None:
    raw = part("Content-Type: text/html; charset=gbk", "<p>你好</p>".encode("gbk"))
    assert text.source(raw, structure.scan(raw)) == "<p>你好</p>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a \t\r\nb  \nc\t", b"a\r\nb\nc"),
        (b"soft= \r\nly", b"softly"),
        (b"a b\tc\r\n", b"a b\tc\r\n"),
        (b"=20\r\n \r\n", b" \r\n\r\n"),
    ],
)
def test_blanks_at_line_ends_of_quoted_printable_were_added_on_the_way(body: bytes, said: bytes) -> None:
    assert text.quoted_printable(body) == said
