"""The delivery report parameters of RFC 3461: RET and ENVID on MAIL, NOTIFY and ORCPT on RCPT.

Values are decoded here and encoded again when they travel on, so that nobody has to guess whether a
string is xtext. ENVID and ORCPT keep their letter case: they belong to the sender.

RFC 3461 §4; RFC 6533 §3 (the utf-8 address type, which travels decoded here as well).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailnode.proto.replies import Refused

MAX_ENVID = 100  # octets encoded, RFC 3461 §4.4
MAX_ORCPT = 500  # octets encoded, RFC 3461 §4.2

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*+\Z")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_NEEDS_HEX = re.compile(r"[^!-*,-<>-~]")
_TYPE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\Z")
_UNITEXT = re.compile(r"\\x\{([0-9A-F]{2,6})\}")
_UNITEXT_ESCAPED = re.compile(r"[^!-*,-<>-\[\]-~\u0080-\U0010ffff]")
_NOTIFY = ("SUCCESS", "FAILURE", "DELAY")


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """ORCPT: the address the sender first named. ``kind`` is ``rfc822`` or ``utf-8``, else unknown."""

    kind: str
    address: str

    def __str__(self) -> str:
        """As the parameter's value on the wire."""
        if self.kind.lower() == "utf-8":
            return f"{self.kind};{_UNITEXT_ESCAPED.sub(_braces, self.address)}"
        return f"{self.kind};{encode_xtext(self.address)}"


@dataclass(frozen=True, slots=True)
class Notify:
    """When the sender wants a report. All false: NEVER."""

    success: bool = False
    failure: bool = False
    delay: bool = False

    def __str__(self) -> str:
        """As the parameter's value on the wire."""
        wanted = zip(_NOTIFY, (self.success, self.failure, self.delay), strict=True)
        return ",".join(name for name, on in wanted if on) or "NEVER"


def decode_xtext(text: str) -> str:
    """xtext to text (RFC 3461 §4). Raises Refused (501)."""
    if not _XTEXT.match(text):
        raise Refused(501, "5.5.4", "A parameter is not in xtext")
    decoded = _HEXCHAR.sub(lambda hexchar: chr(int(hexchar[1], 16)), text)
    if not decoded.isprintable() or not decoded.isascii():
        raise Refused(501, "5.5.4", "A parameter holds control characters")
    return decoded


def encode_xtext(text: str) -> str:
    """Text to xtext; what is beyond ASCII is encoded by its UTF-8 octets."""
    return _NEEDS_HEX.sub(lambda match: "".join(f"+{octet:02X}" for octet in match[0].encode()), text)


def parse_ret(value: str) -> str:
    """``FULL`` or ``HDRS`` (RFC 3461 §4.3). Raises Refused."""
    if value.upper() not in ("FULL", "HDRS"):
        raise Refused(501, "5.5.4", "RET must be FULL or HDRS")
    return value.upper()


def parse_envid(value: str) -> str:
    """The decoded envelope id (RFC 3461 §4.4). Raises Refused."""
    if not 0 < len(value) <= MAX_ENVID:
        raise Refused(501, "5.5.4", "ENVID is empty or too long")
    return decode_xtext(value)


def parse_notify(value: str) -> Notify:
    """NEVER, or a list of SUCCESS, FAILURE, DELAY (RFC 3461 §4.1). Raises Refused."""
    names = value.upper().split(",")
    if names == ["NEVER"]:
        return Notify()
    if len(set(names)) != len(names) or not set(names) <= set(_NOTIFY):
        raise Refused(501, "5.5.4", "NOTIFY must be NEVER or a list of SUCCESS, FAILURE, DELAY")
    return Notify("SUCCESS" in names, "FAILURE" in names, "DELAY" in names)


def parse_orcpt(value: str) -> OriginalRecipient:
    """addr-type ";" xtext (RFC 3461 §4.2). Raises Refused."""
    kind, semicolon, address = value.partition(";")
    if not semicolon or not address or len(value) > MAX_ORCPT or not _TYPE.match(kind):
        raise Refused(501, "5.5.4", "ORCPT must be an address type, a semicolon and an address")
    if kind.lower() == "utf-8":
        return OriginalRecipient(kind, _decode_unitext(address))
    return OriginalRecipient(kind, decode_xtext(address))


def _decode_unitext(text: str) -> str:
    """utf-8-addr-xtext or utf-8-addr-unitext (RFC 6533 §3)."""
    try:
        decoded = _UNITEXT.sub(lambda code: chr(int(code[1], 16)), text)
        decoded.encode()
    except (ValueError, OverflowError):
        raise Refused(501, "5.5.4", "ORCPT is not well encoded") from None
    if not decoded.isprintable():
        raise Refused(501, "5.5.4", "A parameter holds control characters")
    return decoded


def _braces(match: re.Match[str]) -> str:
    return f"\\x{{{ord(match[0]):02X}}}"
