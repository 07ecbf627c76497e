"""Readable header text: mailnode.message.encoded_words."""

from __future__ import annotations

import base64

import pytest

from mailnode.message.encoded_words import decode_text, unbase64, unfold


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain text", "plain text"),
        (b" folded\r\n text ", "folded text"),
        (b"=?utf-8?B?5L2g5aW9?=", "你好"),
        (b"=?UTF-8?q?a=20b_c?=", "a b c"),
        (b"=?utf-8*zh?B?5L2g5aW9?=", "你好"),
        (b"Re: =?gb2312?B?xOO6ww==?= there", "Re: 你好 there"),
        (b"=?gb2312?B?xOO6ww==?=\r\n =?gb2312?B?o6zKwL3n?=", "你好，世界"),
        (b"=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
        (b"=?iso-8859-1?Q?caf=E9?= =?utf-8?B?5L2g?=", "café你"),
        (b"=?x-unknown?B?5L2g5aW9?=", "你好"),
        (b"=?utf-8?B?5L2g5aW9", "=?utf-8?B?5L2g5aW9"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b'"=?utf-8?B?5L2g5aW9?="', '"你好"'),
        (b"=?utf-8?Q?two words?=", "two words"),
        (b"=?utf-8?B??=", ""),
        ("你好 world".encode(), "你好 world"),
        ("你好，世界".encode("gbk"), "你好，世界"),
        (b"caf\xe9 au lait", "café au lait"),
        (b"a\0b\x07c", "a b c"),
    ],
)
def test_decode_text(value: bytes, expected: str) -> None:
    assert decode_text(value) == expected


def test_character_cut_between_words() -> None:
    data = "世界".encode()
    words = [base64.b64encode(piece).decode() for piece in (data[:4], data[4:])]
    assert decode_text(" ".join(f"=?utf-8?B?{word}?=" for word in words).encode()) == "世界"


@pytest.mark.parametrize("charset", ["big5", "iso-2022-jp", "euc-kr", "shift_jis", "koi8-r", "gb18030"])
def test_charsets_of_the_world(charset: str) -> None:
    text = {"koi8-r": "Привет", "euc-kr": "안녕", "big5": "繁體中文"}.get(charset, "日本")
    word = base64.b64encode(text.encode(charset)).decode()
    assert decode_text(f"=?{charset}?B?{word}?=".encode()) == text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"YWJj", b"abc"),
        (b"YW\r\nJj\r\n", b"abc"),
        (b"YWI", b"ab"),
        (b"YWJjZ", b"abc"),
        (b"YQ==Yg==", b"ab"),
        (b"Y*W!J j", b"abc"),
        (b"====", b""),
        (b"", b""),
    ],
)
def test_unbase64_is_lenient(data: bytes, expected: bytes) -> None:
    assert unbase64(data) == expected


def test_unfold_keeps_the_blank_that_folds() -> None:
    assert unfold(b" a\r\n b\n\tc \r\n") == b"a b\tc"
