"""Tag lists, ``name=value; name=value``: the syntax of DKIM and ARC fields and of key records (RFC 6376 §3.2).

A list with a tag twice, an empty element or a malformed name is no list at all. Values may hold UTF-8 (RFC 8616).
"""

from __future__ import annotations

import base64
import binascii
import re

BLANKS = " \t\r\n"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_FOLDING = re.compile(r"[ \t\r\n]+")
_DIGITS = re.compile(r"[0-9]+\Z")
_SIGNATURE = re.compile(rb"((?:\A|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Tags = dict[str, str]


def parse(value: bytes) -> Tags | None:
    """The tags with blanks around their values taken off; None where it is no tag list."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(text):
        return None
    specs = text.split(";")
    if not specs[-1].strip(BLANKS):
        specs.pop()
    found: Tags = {}
    for spec in specs:
        name, equals, content = spec.partition("=")
        name = name.strip(BLANKS)
        if not equals or not _NAME.match(name) or name in found:
            return None
        found[name] = content.strip(BLANKS)
    return found or None


def unfolded(value: str) -> str:
    """Without any blanks: for base64 and for names, where folding may stand anywhere."""
    return _FOLDING.sub("", value)


def listed(value: str) -> tuple[str, ...]:
    """A list with colons; blanks around the colons mean nothing. An empty value is no element."""
    return tuple(part.strip(BLANKS) for part in value.split(":")) if value else ()


def number(value: str, digits: int) -> int | None:
    """A decimal number of at most ``digits`` digits, else None."""
    return int(value) if len(value) <= digits and _DIGITS.match(value) else None


def from_base64(value: str) -> bytes | None:
    """The bytes of base64 text with blanks in it; None where it is not base64 or empty."""
    try:
        return base64.b64decode(unfolded(value), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def without_signature(value: bytes) -> bytes:
    """The field's value as it was when it was signed: with nothing behind ``b=`` (RFC 6376 §3.7)."""
    return _SIGNATURE.sub(rb"\1", value, count=1)
