"""The files that reports about a domain come in: XML or JSON attached to a message, mostly packed.

Strangers send them, so what is unpacked is bounded: `MAX_FILE` octets of a file, `MAX_FILES` of a message.
RFC 9990 §3 (DMARC: gzip or zip, by the name or the type), RFC 8460 §5.3 (TLS: ``application/tlsrpt+gzip``).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mailnode.errors import ProtocolError
from mailnode.message import attachments
from mailnode.message.decoded import decoded
from mailnode.message.structure import Part, scan
from mailnode.octets import Octets

MAX_FILE = 20 * 1024 * 1024
MAX_FILES = 10
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_LOCAL = struct.Struct("<4s2xHH8xI4xHH")  # signature, flags, method, packed size, lengths of name and extra field
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZE_FOLLOWS = 1, 8

Kind = Literal["dmarc", "tls"]


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file: the XML of an aggregate report about DMARC, or the JSON of one about TLS."""

    kind: Kind
    data: bytes


def files(raw: Octets) -> Iterator[ReportFile]:
    """The files of a message that look like reports. Raises ProtocolError for one that cannot be unpacked."""
    found = 0
    for part in attachments.leaves(scan(raw)):
        if part.type != b"application" and (part.type, part.subtype) != (b"text", b"xml"):
            continue
        data = _unpacked(bytes(decoded(raw, part)[: MAX_FILE + 1]))
        kind = _kind(part, data)
        if kind is None:
            continue
        found += 1
        if found > MAX_FILES:
            raise ProtocolError(f"more than {MAX_FILES} reports in one message")
        yield ReportFile(kind, data)


def _kind(part: Part, data: bytes) -> Kind | None:
    """By what is in it: senders' types and names differ."""
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return "dmarc"
    if start.startswith(b"{") and (part.subtype.startswith(b"tlsrpt") or b"json" in part.subtype or part.disposition):
        return "tls"
    return None


def _unpacked(data: bytes) -> bytes:
    if data.startswith(_GZIP):
        data = _inflated(data)
    elif data.startswith(_ZIP):
        data = _first_of_zip(data)
    if len(data) > MAX_FILE:
        raise ProtocolError(f"a report larger than {MAX_FILE} octets")
    return data


def _inflated(data: bytes, form: int = zlib.MAX_WBITS | 16) -> bytes:
    machine = zlib.decompressobj(form)
    try:
        return machine.decompress(data, MAX_FILE + 1)
    except zlib.error as error:
        raise ProtocolError(f"a report cannot be unpacked: {error}") from error


def _first_of_zip(data: bytes) -> bytes:
    """The first file, by its own header: the directory at the end may be as large as the archive. APPNOTE 6.3.10
    §4.3.7; stored or deflated as in every report, since other methods take memory as their data bid them."""
    if len(data) < _LOCAL.size:
        raise ProtocolError("a report cannot be unpacked: the archive has no file")
    _, flags, method, size, name, extra = _LOCAL.unpack_from(data)
    packed = data[_LOCAL.size + name + extra :]
    if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED) or (method == _STORED and flags & _SIZE_FOLLOWS):
        raise ProtocolError("a report cannot be unpacked: the archive is of another kind")
    return packed[:size] if method == _STORED else _inflated(packed, -zlib.MAX_WBITS)
