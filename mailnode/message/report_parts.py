"""What the machine-readable reports have in common (RFC 6522): blocks of fields, and the message that came back."""

from __future__ import annotations

from collections.abc import Iterator

from mailnode.message import headers, structure, text
from mailnode.message.headers import Index
from mailnode.message.structure import Part
from mailnode.octets import Octets

MAX_LOOKED_AT = 256 * 1024  # octets of one part
MAX_BLOCKS = 1000
RETURNED = (b"rfc822", b"global", b"rfc822-headers", b"global-headers")


def report_type(root: Part) -> bytes:
    """The type of a multipart/report, in lower case; b"" where the message is none."""
    if (root.type, root.subtype) != (b"multipart", b"report"):
        return b""
    named = next((value for name, value in root.params if name == b"report-type"), b"")
    return named.strip().lower() or b"unknown"


def child(root: Part, *subtypes: bytes) -> Part | None:
    """The first part, on the first level, of message/ or text/ and one of these subtypes."""
    wanted = (one for one in root.children if one.type in (b"message", b"text") and one.subtype in subtypes)
    return next(wanted, None)


def blocks(raw: Octets, part: Part) -> Iterator[Index]:
    """The blocks of fields in a part, as they stand apart by empty lines (RFC 3464 §2.1, RFC 5965 §3)."""
    data = text.content(raw, part, MAX_LOOKED_AT).replace(b"\r\n", b"\n")
    given = 0
    for block in data.split(b"\n\n"):
        if block.strip() and given < MAX_BLOCKS:
            given += 1
            lines = block.lstrip(b"\n") + b"\n"
            yield headers.index(lines, 0, len(lines))


def said(block: Index, name: bytes) -> str:
    """The value of a field, "" where there is none."""
    value = headers.first(block, name) or b""
    return " ".join(value.decode("utf-8", "replace").split())[:1000]


def typed(block: Index, name: bytes) -> str:
    """The value behind its type: of ``rfc822; a@example.com`` the address."""
    value = said(block, name)
    return value.partition(";")[2].strip() if ";" in value else value


def returned_header(raw: Octets, root: Part) -> bytes:
    """The header of the message that the report is about, b"" where it did not come back."""
    part = child(root, *RETURNED)
    if part is None:
        return b""
    data = text.content(raw, part, MAX_LOOKED_AT)
    return bytes(data[: headers.split(data)[1]])


def root_of(raw: Octets) -> Part:
    """The tree of the whole message."""
    return structure.scan(raw)
