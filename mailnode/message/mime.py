"""MIME entities written: a header, a body in a transfer encoding that survives every relay (RFC 2045 §6).

Bodies come out with CRLF and with lines of at most 76 characters, unless plain short ASCII text needs none.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from mailnode.errors import ProtocolError
from mailnode.message import words

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.I)
_LINE_END = re.compile(r"\r\n|\r|\n")
# RFC 5322 §2.1.1 and §2.3: what cannot go as lines: NUL, a lone CR or LF, a line of over 998 octets.
_NOT_LINES = re.compile(rb"\0|\r(?!\n)|(?<!\r)\n|[^\r\n]{999}")
_LONG_LINE = re.compile(r"[^\n]{77}")


@dataclass(frozen=True, slots=True)
class Entity:
    """Header lines without the blank line, and the body without a last line end."""

    header: bytes
    body: bytes

    def __bytes__(self) -> bytes:
        return self.header + b"\r\n" + self.body


def text(value: str, subtype: str = "plain") -> Entity:
    """A text part in UTF-8."""
    lines = _LINE_END.sub("\n", value)
    data = lines.replace("\n", "\r\n").encode("utf-8", "replace")
    charset = "us-ascii" if data.isascii() else "utf-8"
    kind = words.field("Content-Type", [f"text/{subtype}", f"charset={charset}"], ";")
    if data.isascii() and b"\0" not in data and not _LONG_LINE.search(lines) and "\nFrom " not in "\n" + lines:
        return Entity(kind, data)
    quoted = quoted_printable(data)
    if len(quoted) * 3 > len(data) * 4:  # mostly foreign letters: base64 is shorter
        return Entity(kind + b"Content-Transfer-Encoding: base64\r\n", base64(data))
    return Entity(kind + b"Content-Transfer-Encoding: quoted-printable\r\n", quoted)


def quoted_printable(data: bytes) -> bytes:
    """RFC 2045 §6.7, for text whose lines end with CRLF. "From " and a lone dot at a line's start are encoded."""
    encoded = binascii.b2a_qp(data.replace(b"\r\n", b"\n"), istext=True)
    encoded = re.sub(rb"^From ", b"=46rom ", encoded, flags=re.M)
    encoded = re.sub(rb"^\.(?=\n|\Z)", b"=2E", encoded, flags=re.M)
    return encoded.replace(b"\n", b"\r\n")


def base64(data: bytes) -> bytes:
    """RFC 2045 §6.8: 57 octets to a line of 76 characters."""
    encode = binascii.b2a_base64
    return b"\r\n".join([encode(data[at : at + 57], newline=False) for at in range(0, len(data), 57)])


def attachment(filename: str, content_type: str, content: bytes, inline_id: str | None = None) -> Entity:
    """A file. With ``inline_id`` (a content id without brackets) it is shown where the HTML names it by cid:."""
    if not _TYPE.fullmatch(content_type):
        raise ProtocolError(f"Not a media type: {content_type[:100]}")
    content_type = content_type.lower()
    # RFC 2046 §5.2.1: a message may not be base64; one that needs it travels as octets.
    as_message = content_type == "message/rfc822" and not _NOT_LINES.search(content)
    if content_type.startswith(("multipart/", "message/")) and not as_message:
        content_type = "application/octet-stream"
    name = words.parameter_words("name", filename) if filename else []
    file_name = words.parameter_words("filename", filename) if filename else []
    header = words.field("Content-Type", [content_type, *name], ";")
    header += words.field("Content-Disposition", ["inline" if inline_id else "attachment", *file_name], ";")
    if inline_id:
        header += words.field("Content-ID", [f"<{words.checked(inline_id).strip('<> ')}>"])
    if as_message:
        return Entity(header + (b"" if content.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"), content)
    return Entity(header + b"Content-Transfer-Encoding: base64\r\n", base64(content))


def multipart(subtype: str, entities: list[Entity], boundary: str, **parameters: str) -> Entity:
    """RFC 2046 §5.1. The boundary must not occur in any of the entities: see ``boundary_for``."""
    more = [word for name, value in parameters.items() for word in words.parameter_words(name.replace("_", "-"), value)]
    header = words.field("Content-Type", [f"multipart/{subtype}", *more, f'boundary="{boundary}"'], ";")
    delimiter = f"--{boundary}".encode("ascii")
    pieces = [delimiter + b"\r\n" + bytes(entity) + b"\r\n" for entity in entities]
    body = b"".join(pieces) + delimiter + b"--"
    # RFC 2045 §6.4: what holds a part in 8bit is in 8bit itself.
    return Entity(header if body.isascii() else header + b"Content-Transfer-Encoding: 8bit\r\n", body)


def boundary_for(seed: str, entities: list[Entity]) -> str:
    """A boundary that occurs in none of the entities, the same for the same seed and content.

    It holds "=_", which neither base64 nor quoted-printable can (RFC 2045 §6.7), so one try is usual.
    """
    stem = re.sub(r"[^A-Za-z0-9]", "", seed)[:40]
    number = 0
    while True:
        boundary = f"=_{stem}_{number}"
        if not any(f"--{boundary}".encode() in entity.body for entity in entities):
            return boundary
        number += 1
