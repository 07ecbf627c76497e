"""Charset labels and guesses: mailnode.message.charsets."""

from __future__ import annotations

import codecs

import pytest

from mailnode.message import charsets


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("GB2312", "gb18030"),
        (b"gbk", "gb18030"),
        ("iso-8859-1", "cp1252"),
        (' "UTF-8" ', "utf-8"),
        ("ks_c_5601-1987", "cp949"),
        ("x-nobody-knows", None),
        ("", None),
        (None, None),
    ],
)
def test_label(label: str | bytes | None, codec: str | None) -> None:
    assert charsets.charset(label) == codec


@pytest.mark.parametrize("codec", sorted(set(charsets._CODECS.values())))
def test_every_codec_exists(codec: str) -> None:
    assert codecs.lookup(codec)


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "base64", "zip", "rot13"]
)
def test_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    """idna and punycode take quadratic time, zip is a bomb."""
    assert charsets.charset(label) is None


def test_gb2312_label_with_gb18030_content() -> None:
    assert charsets.decode("镕㐀".encode("gb18030"), "gb2312") == "镕㐀"


@pytest.mark.parametrize("label", [*charsets._LABELS, "nonsense"])
def test_decoding_never_raises_and_is_clean(label: str) -> None:
    text = charsets.decode(bytes(range(256)) * 3 + b"+2AA-\xff", label)
    text.encode("utf-8")
    assert "\0" not in text


def test_order_mark_goes() -> None:
    assert charsets.decode(b"\xef\xbb\xbfx", "utf-8") == "x"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("你好，世界".encode("gbk"), "你好，世界"),
        (b"Gr\xfc\xdfe aus K\xf6ln", "Grüße aus Köln"),
        ("Ça va déjà".encode("cp1252"), "Ça va déjà"),
        ("你好".encode(), "你好"),
    ],
)
def test_guess(data: bytes, expected: str) -> None:
    assert charsets.guess(data) == expected
