"""What charset labels in mail mean: the labels of the WHATWG Encoding Standard, what else mail programs have written,
and the names of everything that Python decodes.

A label means the largest charset that it is used for: ``gb2312`` and ``gbk`` are GB18030, ``iso-8859-1`` is
windows-1252. Only the codecs named here are ever used: Python knows others (``idna``, ``punycode``,
``unicode_escape``, ``zlib``) that are quadratic, bombs, or no charsets at all.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases

_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf_8 utf8mb4 utf-8mb4 cp65001 "
    "utf_8_sig utf-8-sig",
    "ascii": "us-ascii ascii ansi_x3.4-1968 iso646-us us 7bit 8bit binary x-unknown unknown unknown-8bit default none",
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 iso_8859-1:1987 iso-8859-1:1987 iso-ir-100 csisolatin1 latin1 latin-1 "
    "l1 cp819 ibm819 iso88591 windows-1252 cp1252 x-cp1252 ansi",
    "gb18030": "gb2312 gbk gb18030 gb_2312 gb_2312-80 gb2312-80 csgb2312 x-gbk cp936 ms936 windows-936 chinese "
    "euc-cn euccn csiso58gb231280 iso-ir-58 gb-2312 gb18030-2000 gb18030-2005 gb18030-2022 x-euc-cn gb",
    "hz": "hz hz-gb-2312 hz-gb",
    "big5hkscs": "big5 big-5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 windows-950 ms950 big5-eten",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis cp932 ms932 windows-31j windows-932 shiftjis",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese euc_jp",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-ms cp50220 cp50221 iso-2022-jp-ext jis",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ks_c_5601 ksc5601 ksc_5601 korean cp949 windows-949 uhc "
    "cseuckr csksc56011987 iso-ir-149",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "johab": "johab cp1361",
    "iso8859_2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 iso-ir-101 csisolatin2 latin2 l2",
    "iso8859_3": "iso-8859-3 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 iso-ir-109 csisolatin3 latin3 l3",
    "iso8859_4": "iso-8859-4 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 iso-ir-110 csisolatin4 latin4 l4",
    "iso8859_5": "iso-8859-5 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 iso-ir-144 csisolatincyrillic cyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 iso-ir-127 csisolatinarabic arabic "
    "iso-8859-6-e iso-8859-6-i csiso88596e csiso88596i asmo-708 ecma-114",
    "iso8859_7": "iso-8859-7 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 iso-ir-126 csisolatingreek greek greek8 "
    "ecma-118 elot_928 sun_eu_greek",
    "iso8859_8": "iso-8859-8 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 iso-ir-138 csisolatinhebrew hebrew visual "
    "iso-8859-8-e csiso88598e iso-8859-8-i csiso88598i logical",
    "iso8859_10": "iso-8859-10 iso8859-10 iso885910 iso-ir-157 csisolatin6 latin6 l6",
    "iso8859_13": "iso-8859-13 iso8859-13 iso885913 latin7",
    "iso8859_14": "iso-8859-14 iso8859-14 iso885914 latin8",
    "iso8859_15": "iso-8859-15 iso8859-15 iso885915 iso_8859-15 csisolatin9 latin9 latin-9 l9",
    "iso8859_16": "iso-8859-16 iso8859-16 latin10",
    "cp874": "tis-620 tis620 iso-8859-11 iso8859-11 iso885911 windows-874 cp874 dos-874",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 iso-ir-148 "
    "csisolatin5 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp866": "cp866 ibm866 866 csibm866",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru koi8_u",
    "mac_roman": "macintosh csmacintosh mac x-mac-roman macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7",
    "utf-16": "utf-16 utf16 ucs-2 iso-10646-ucs-2 csunicode unicode unicodefeff",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32": "utf-32 utf32 ucs-4",
}
# What Python decodes beside these, by its own names; its aliases of them count too. The others are refused.
_EBCDIC = ("cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140")
_MORE = (
    "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869 cp1006 "
    "cp1125 euc_jis_2004 euc_jisx0213 shift_jis_2004 shift_jisx0213 iso2022_jp_2 iso2022_jp_3 "
    "iso2022_jp_2004 hp_roman8 koi8_t kz1048 "
    "mac_arabic mac_croatian mac_farsi mac_greek mac_iceland mac_latin2 mac_romanian mac_turkish palmos ptcp154 "
    "utf_32_le utf_32_be"
)
# A smaller charset is read as the larger one that senders mean by its name.
_LARGER = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs", "shift_jis": "cp932",
    "euc_kr": "cp949", "latin_1": "cp1252", "iso8859_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874",
    "tis_620": "cp874", "iso2022_jp": "iso2022_jp_ext", "iso2022_jp_1": "iso2022_jp_ext",
    "utf_8": "utf-8", "utf_8_sig": "utf-8",
    "utf_7": "utf-7", "utf_16": "utf-16", "utf_16_le": "utf-16-le", "utf_16_be": "utf-16-be", "utf_32": "utf-32",
}  # fmt: skip
_BETWEEN = re.compile(r"[^a-z0-9]+")

# Charsets in which bytes below 32 are more than controls, or seven-bit bytes something else than ASCII.
NOT_ASCII = frozenset((
    "iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_2004", "iso2022_kr", "hz", "utf-7",
    "utf-16", "utf-16-le", "utf-16-be", "utf-32",
    "utf_32_le", "utf_32_be", *_EBCDIC,
))  # fmt: skip


def _all() -> dict[str, str]:
    """Python's names as it normalises them, and over them the labels as they stand in mail."""
    own = {*_LABELS, *_MORE.split(), *_EBCDIC}
    known = {name: _LARGER.get(name, name) for name in (*own, *_LARGER, *aliases.values())}
    known = {name: codec for name, codec in known.items() if codec in own}
    found = {alias: known[name] for alias, name in aliases.items() if name in known}
    return found | known | {label: codec for codec, labels in _LABELS.items() for label in labels.split()}


CODECS = _all()


def codec(label: str) -> str | None:
    """The Python codec that a label in lower case means, or None for one that nobody knows."""
    return CODECS.get(label) or CODECS.get(_BETWEEN.sub("_", label))
