"""From the charset labels found in mail to Unicode text that any store and any wire can carry.

Labels follow the WHATWG Encoding Standard (`charset_labels`), because senders test with browsers.
Decoding never raises: what cannot be decoded becomes U+FFFD, control characters become blanks.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailnode.message.charset_labels import NOT_ASCII
from mailnode.message.charset_labels import codec as codec_of

# What must not reach a database, a terminal or JSON: controls and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BLANKED = bytes(32 if (byte < 32 and byte not in b"\t\n\r") or byte == 127 else byte for byte in range(256))
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON_CHINESE = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")


def charset(name: bytes | str | None) -> str | None:
    """The Python codec that a charset label means, or None for a label that nobody knows."""
    return _charset(name[:60]) if name else None


@lru_cache(maxsize=512)
def _charset(label: bytes | str) -> str | None:
    text = label.decode("latin-1") if isinstance(label, bytes) else label
    return codec_of(text.strip(" \t\"'").lower())


def decode(data: bytes, label: bytes | str | None) -> str:
    """Text of ``data`` in the charset that ``label`` names; unknown, missing and ASCII labels are guessed."""
    codec = charset(label)
    if codec in NOT_ASCII:
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
