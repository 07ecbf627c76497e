"""Charset labels and guesses: mailnode.message.charsets."""

from __future__ import annotations

import codecs
import encodings
import pkgutil

import pytest

from mailnode.message import charset_labels, charsets


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


@pytest.mark.parametrize("codec", sorted(set(charset_labels.CODECS.values())))
def test_every_codec_exists(codec: str) -> None:
    assert codecs.lookup(codec)


@pytest.mark.parametrize(
    "label",
    [
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "base64",
        "hex",
        "zip",
        "zlib",
        "bz2",
        "uu",
        "rot13",
        "undefined",
        "mbcs",
        "oem",
        "quopri",
        "unicode-escape",
    ],
)
def test_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    """idna and punycode take quadratic time, zip is a bomb."""
    assert charsets.charset(label) is None


# Every label of the WHATWG Encoding Standard, but for those of charsets that it does not decode either.
WHATWG = """
unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 866 cp866 csibm866 ibm866 csisolatin2
iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2 csisolatin3 iso-8859-3 iso-ir-109
iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3 csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4
iso_8859-4:1988 l4 latin4 csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5
iso_8859-5:1988 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i
iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7
iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek csiso88598e csisolatinhebrew hebrew iso-8859-8
iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 iso-8859-13 iso8859-13 iso885913 iso-8859-14
iso8859-14 iso885914 csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 iso-8859-16 cskoi8r koi koi8 koi8-r
koi8_r koi8-ru koi8-u csmacintosh mac macintosh x-mac-roman dos-874 iso-8859-11 iso8859-11 iso885911 tis-620
windows-874 cp1250 windows-1250 x-cp1250 cp1251 windows-1251 x-cp1251 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1
ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
cp1253 windows-1253 x-cp1253 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5
latin5 windows-1254 x-cp1254 cp1255 windows-1255 x-cp1255 cp1256 windows-1256 x-cp1256 cp1257 windows-1257 x-cp1257
cp1258 windows-1258 x-cp1258 x-mac-cyrillic x-mac-ukrainian chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80
gbk iso-ir-58 x-gbk gb18030 big5 big5-hkscs cn-big5 csbig5 x-x-big5 cseucpkdfmtjapanese euc-jp x-euc-jp csiso2022jp
iso-2022-jp csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cseuckr csksc56011987 euc-kr
iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 unicodefffe utf-16be csunicode
iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
""".split()  # noqa: SIM905
NO_CHARSETS = {
    "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "oem",
    "tactis", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "aliases", "charmap",
}  # fmt: skip
PYTHON = sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)} - NO_CHARSETS)


@pytest.mark.parametrize("label", WHATWG)
def test_the_labels_of_the_web(label: str) -> None:
    assert charsets.charset(label.upper()) is not None


@pytest.mark.parametrize("label", PYTHON)
def test_everything_that_python_decodes(label: str) -> None:
    """What a charset can write comes back, under its name and with hyphens in it."""
    # What browsers call Big5 has other places for kana and Cyrillic letters than Python's has.
    written = b""
    for letter in "A天中§" if label in ("big5", "cp950") else "Aé×ЖΩ天気の한글กﺏ§ş":
        written += letter.encode(label, "ignore")
    assert charsets.decode(written, label) == charsets.decode(written, label.replace("_", "-"))
    try:
        wanted = written.decode(label)
    except UnicodeError:  # several order marks in one text
        return
    assert charsets.decode(written, label) == wanted.removeprefix("\ufeff")


@pytest.mark.parametrize("label", ["gb2312", "GBK", "x-gbk", "cp936", "csGB2312", "euc-cn", "gb_2312-80", "chinese"])
def test_whatever_is_called_gb_is_gb18030(label: str) -> None:
    text = "中文㐀€\U00020087"
    assert charsets.decode(text.encode("gb18030"), label) == text


def test_gb2312_label_with_gb18030_content() -> None:
    assert charsets.decode("镕㐀".encode("gb18030"), "gb2312") == "镕㐀"


@pytest.mark.parametrize("label", [*sorted(set(charset_labels.CODECS.values())), "nonsense"])
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
