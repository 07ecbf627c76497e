"""Header fields written: RFC 5322 §2.2.3 folding, RFC 2047 encoded words, RFC 2231 parameters.

A value that holds CR, LF or another control raises ProtocolError, so that no field can be smuggled in.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from urllib.parse import quote

from mailnode.errors import ProtocolError

LINE = 76
# RFC 2047 §2: a line with an encoded word has at most 76 characters; "Subject: " and the frame leave 52 of base64.
WORD_OCTETS = 39

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*+")
_ESCAPED = re.compile(r'(["\\])')
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*+")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]\u0080-\U0010ffff-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&'*+.^_`{|}~-]+")


def checked(value: str) -> str:
    """The value, when it can stand on one header line; raises ProtocolError for controls."""
    if _CONTROL.search(value):
        raise ProtocolError("A header value holds a line break or another control character")
    return value


def field(name: str, words: Iterable[str], separator: str = "") -> bytes:
    """``Name: words``, folded before a word where the line would grow too long.

    ``separator`` stands after each word but the last (a comma, a semicolon). The words are ASCII already, except
    in an SMTPUTF8 address.
    """
    lines = []
    line = f"{name}:"
    listed = list(words)
    for number, each in enumerate(listed, start=1):
        text = each + (separator if number < len(listed) else "")
        if len(line) + 1 + len(text) > LINE and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += " " + text
    lines.append(line)
    return "\r\n".join(lines).encode() + b"\r\n"


def text_words(value: str) -> list[str]:
    """Unstructured text as words to fold between: as it is when plain ASCII, else encoded words."""
    value = checked(value.strip())
    if value.isascii() and "=?" not in value:
        words = value.split(" ")
        if all(len(word) < 900 for word in words) and all(words):
            return words
    return encoded_words(value)


def encoded_words(value: str) -> list[str]:
    """RFC 2047 words in base64, cut between characters (§5 (3))."""
    words = []
    chunk = b""
    for character in value:
        octets = character.encode("utf-8")
        if len(chunk) + len(octets) > WORD_OCTETS:
            words.append(chunk)
            chunk = b""
        chunk += octets
    if chunk:
        words.append(chunk)
    return [f"=?utf-8?B?{binascii.b2a_base64(word, newline=False).decode('ascii')}?=" for word in words]


def mailbox_words(name: str, address: str) -> list[str]:
    """``Display Name <local@host>`` as words. Raises ProtocolError for what is no address."""
    name = checked(name.strip())
    spec = address_spec(address)
    if not name:
        return [spec]
    if not name.isascii() or "=?" in name or len(name) > 400:
        words = encoded_words(name)
    elif _ATOMS.fullmatch(name):
        words = name.split()
    else:
        words = ['"' + _ESCAPED.sub(r"\\\1", name) + '"']
    return [*words, f"<{spec}>"]


def address_spec(address: str) -> str:
    """``local@host`` with a quoted local part where it needs one. Raises ProtocolError for what is no address."""
    address = checked(address.strip())
    local, at, host = address.rpartition("@")
    if not at or not local or not _HOST.fullmatch(host) or len(address) > 400:
        raise ProtocolError(f"Not an address: {address[:100]}")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    if _DOT_ATOM.fullmatch(local) or not local.isascii():
        if re.search(r'[\s"<>,;:\\]', local):
            raise ProtocolError(f"Not an address: {address[:100]}")
        return f"{local}@{host}"
    return '"' + _ESCAPED.sub(r"\\\1", local) + f'"@{host}'


def parameter_words(name: str, value: str) -> list[str]:
    """``name=value`` as one or more words to be joined by semicolons: token, quoted string, or RFC 2231 pieces."""
    checked(value)
    if value.isascii() and len(value) <= 60:
        return [f"{name}={value}"] if _TOKEN.fullmatch(value) else [f'{name}="' + _ESCAPED.sub(r"\\\1", value) + '"']
    pieces = [quote(character, safe="") for character in value]
    chunks = ["utf-8''"]
    for piece in pieces:
        if len(chunks[-1]) + len(piece) > 60:
            chunks.append("")
        chunks[-1] += piece
    if len(chunks) == 1:
        return [f"{name}*={chunks[0]}"]
    return [f"{name}*{number}*={chunk}" for number, chunk in enumerate(chunks)]
