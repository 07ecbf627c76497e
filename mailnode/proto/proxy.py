"""The PROXY protocol: the line or block in which a proxy says for which client it has opened a connection.

Version 1 is a line of text, version 2 a block of octets, told apart by how they begin. A header says LOCAL
(version 2) or UNKNOWN (version 1) where there is no client: the proxy speaks for itself.

HAProxy's specification of the PROXY protocol, §2.1 (version 1) and §2.2 (version 2).
"""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, IPv6Address

from mailnode.errors import ProtocolError

MIN_LINE, MAX_LINE = 15, 107  # octets of version 1 with its CRLF, §2.1
MAX_BLOCK = 4096  # octets of version 2 behind its head; what stands behind the addresses is passed over
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"

_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) ([0-9]{1,5}) ([0-9]{1,5}))\r\n\Z"
)
_HEAD = struct.Struct("!12sBBH")
_TCP4, _TCP6 = 0x11, 0x21
_LOCAL, _PROXY = 0x20, 0x21


def octets_missing(data: bytes) -> int:
    """How many more octets belong to the header at the least; 0 where it is whole. Raises ProtocolError.

    Never more than the header has: what follows it is somebody else's to read.
    """
    if len(data) < MIN_LINE:
        if not SIGNATURE.startswith(data[: len(SIGNATURE)]) and not b"PROXY ".startswith(data[:6]):
            raise ProtocolError("There is no PROXY header")
        return MIN_LINE - len(data)
    if data.startswith(SIGNATURE):
        return _HEAD.size - len(data) if len(data) < _HEAD.size else _block_length(data) - len(data)
    if not data.startswith(b"PROXY ") or (len(data) >= MAX_LINE and not data.endswith(b"\r\n")):
        raise ProtocolError("There is no PROXY header")
    return 0 if data.endswith(b"\r\n") else 1


def client_of(header: bytes) -> tuple[str, int] | None:
    """Address and port of the client; None where the proxy speaks for itself. Raises ProtocolError."""
    return _client_of_block(header) if header.startswith(SIGNATURE) else _client_of_line(header)


def _client_of_line(line: bytes) -> tuple[str, int] | None:
    match = _LINE.match(line)
    if match is None:
        raise ProtocolError("The PROXY line is malformed")
    if match[1] is None:
        return None
    kind = IPv4Address if match[1] == b"4" else IPv6Address
    try:
        source, port = kind(match[2].decode("ascii")), int(match[4])
        kind(match[3].decode("ascii"))
    except ValueError:
        raise ProtocolError("The PROXY line names no address") from None
    if port > 65535 or int(match[5]) > 65535:
        raise ProtocolError("The PROXY line names no port")
    return _written(source), port


def _block_length(data: bytes) -> int:
    _, command, _, size = _HEAD.unpack_from(data)
    if command not in (_LOCAL, _PROXY) or size > MAX_BLOCK:
        raise ProtocolError("The PROXY header is malformed")
    return _HEAD.size + int(size)


def _client_of_block(header: bytes) -> tuple[str, int] | None:
    """§2.2: source and destination address, then their ports. Other families than TCP say nothing to us."""
    _, command, family, _ = _HEAD.unpack_from(header)
    width = {_TCP4: 4, _TCP6: 16}.get(family)
    if command == _LOCAL or width is None:
        return None
    addresses = header[_HEAD.size :]
    if len(addresses) < 2 * width + 4:
        raise ProtocolError("The PROXY header is malformed")
    source = IPv4Address(addresses[:4]) if width == 4 else IPv6Address(addresses[:16])
    return _written(source), int.from_bytes(addresses[2 * width : 2 * width + 2])


def _written(source: IPv4Address | IPv6Address) -> str:
    """IPv4 that a proxy writes as IPv6 is IPv4."""
    return str((isinstance(source, IPv6Address) and source.ipv4_mapped) or source)
