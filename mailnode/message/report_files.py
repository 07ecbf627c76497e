"""The files that reports about a domain come in: XML or JSON attached to a message, mostly packed.

Strangers send them, so what is unpacked is bounded: `MAX_FILE` octets of a file, `MAX_FILES` of a message.
RFC 9990 §3 (DMARC: gzip or zip, by the name or the type), RFC 8460 §5.3 (TLS: ``application/tlsrpt+gzip``).
"""

from __future__ import annotations

import io
import zipfile
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
        data = _gunzipped(data)
    elif data.startswith(_ZIP):
        data = _first_of_zip(data)
    if len(data) > MAX_FILE:
        raise ProtocolError(f"a report larger than {MAX_FILE} octets")
    return data


def _gunzipped(data: bytes) -> bytes:
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return machine.decompress(data, MAX_FILE + 1)
    except zlib.error as error:
        raise ProtocolError(f"a report cannot be unpacked: {error}") from error


def _first_of_zip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if not names:
                return b""
            with archive.open(names[0]) as file:
                return file.read(MAX_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise ProtocolError(f"a report cannot be unpacked: {error}") from error
