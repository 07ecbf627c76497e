"""From the charset labels found in mail to Unicode text that any store and any wire can carry.

Labels follow the WHATWG Encoding Standard, because senders test with browsers: ``gb2312`` means
GB18030, ``iso-8859-1`` means windows-1252. Only the codecs named here are ever used: Python knows
others (``idna``, ``punycode``, ``unicode_escape``) that are quadratic or no charsets at all.
Decoding never raises: what cannot be decoded becomes U+FFFD, control characters become blanks.
"""

from __future__ import annotations

import re

_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8 utf_8 utf8mb4 cp65001 utf-8mb4 unicode",
    "ascii": "us-ascii ascii ansi_x3.4-1968 iso646-us us 7bit 8bit binary x-unknown unknown unknown-8bit default none",
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 iso_8859-1:1987 latin1 latin-1 l1 cp819 ibm819 iso88591 windows-1252 "
    "cp1252 x-cp1252 ansi iso-8859-1:1987",
    "gb18030": "gb2312 gbk gb18030 gb_2312 gb_2312-80 gb2312-80 csgb2312 x-gbk cp936 ms936 windows-936 chinese "
    "euc-cn euccn csiso58gb231280 iso-ir-58 gb-2312 gb18030-2000 gb18030-2005 gb18030-2022 x-euc-cn gb",
    "hz": "hz hz-gb-2312 hz-gb",
    "big5hkscs": "big5 big-5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 windows-950 ms950 big5-eten",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis cp932 ms932 windows-31j windows-932 shiftjis",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese euc_jp",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms "
    "cp50220 cp50221 iso-2022-jp-ext jis",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ks_c_5601 ksc5601 ksc_5601 korean cp949 windows-949 uhc "
    "cseuckr csksc56011987 iso-ir-149",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "johab": "johab cp1361",
    "iso8859_2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 l2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso_8859-3 latin3 l3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso_8859-4 latin4 l4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso_8859-5 cyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso_8859-6 arabic iso-8859-6-e iso-8859-6-i asmo-708",
    "iso8859_7": "iso-8859-7 iso8859-7 iso_8859-7 greek greek8",
    "iso8859_8": "iso-8859-8 iso8859-8 iso_8859-8 hebrew iso-8859-8-e iso-8859-8-i logical visual",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859_13": "iso-8859-13 iso8859-13 latin7",
    "iso8859_14": "iso-8859-14 iso8859-14 latin8",
    "iso8859_15": "iso-8859-15 iso8859-15 iso_8859-15 latin9 latin-9 l9",
    "iso8859_16": "iso-8859-16 iso8859-16 latin10",
    "cp874": "tis-620 tis620 iso-8859-11 iso8859-11 windows-874 cp874 dos-874",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
    "cp852": "cp852 ibm852",
    "cp866": "cp866 ibm866 866 csibm866",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru koi8_u",
    "mac_roman": "macintosh mac x-mac-roman macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7",
    "utf-16": "utf-16 utf16 ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32": "utf-32 utf32 ucs-4",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}

# What must not reach a database, a terminal or JSON: controls and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BLANKED = bytes(32 if (byte < 32 and byte not in b"\t\n\r") or byte == 127 else byte for byte in range(256))
# Charsets in which bytes below 32 are more than controls, or seven-bit bytes more than ASCII.
_STATEFUL = frozenset(("iso2022_jp_ext", "iso2022_kr", "hz", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"))
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON_CHINESE = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")


def charset(name: bytes | str | None) -> str | None:
    """The Python codec that a charset label means, or None for a label that nobody knows."""
    if not name:
        return None
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return _CODECS.get(name[:60].strip(" \t\"'").lower())


def decode(data: bytes, label: bytes | str | None) -> str:
    """Text of ``data`` in the charset that ``label`` names; unknown, missing and ASCII labels are guessed."""
    codec = charset(label)
    if codec in _STATEFUL:
        try:
            return clean(data.decode(codec, "replace"))
        except (UnicodeError, ValueError):
            return guess(data)
    if codec is None or codec == "ascii" or data.isascii():
        return guess(data)
    return data.translate(_BLANKED).decode(codec, "replace").removeprefix("\ufeff")


def guess(data: bytes) -> str:
    """Text of unlabelled bytes: UTF-8 where valid, GB18030 where it looks Chinese, else windows-1252."""
    data = data.translate(_BLANKED)
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return data.decode("gb18030" if _looks_chinese(data[:4096]) else "cp1252", "replace")


def _looks_chinese(data: bytes) -> bool:
    """Most byte pairs are among the 3,755 everyday characters of GB 2312 or its punctuation.

    A Latin letter with an accent stands between ASCII letters, and so rarely makes such a pair.
    """
    pairs = _PAIRS.findall(data)
    common = sum(1 for pair in pairs if _COMMON_CHINESE.fullmatch(pair))
    return bool(pairs) and common * 10 >= len(pairs) * 6


def clean(text: str) -> str:
    """Without a byte order mark, with blanks for control characters and lone surrogates; line ends stay."""
    return _CONTROLS.sub(" ", text).removeprefix("\ufeff")
