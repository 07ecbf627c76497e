"""The header of the PROXY protocol: what it says, what is malformed, and that no octet too many is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.proxy import SIGNATURE, client_of, octets_missing

FOUR = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + (4000).to_bytes(2) + (25).to_bytes(2)
SIX = b"\x20\x01\x0d\xb8" + b"\0" * 11 + b"\1" + b"\0" * 16 + (5000).to_bytes(2) + (25).to_bytes(2)


def block(command: int, family: int, addresses: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(addresses).to_bytes(2) + addresses


def whole(header: bytes) -> bytes:
    """What would be read of a connection that begins with this header."""
    data, wire = b"", header + b"EHLO client\r\n" * 400
    while missing := octets_missing(data):
        data = wire[: len(data) + missing]
    return data


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 25\r\n", ("192.0.2.1", 4000)),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 25\r\n", ("2001:db8::1", 5000)),
        (b"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 5000 25\r\n", ("192.0.2.1", 5000)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n", None),
        (block(0x21, 0x11, FOUR), ("192.0.2.1", 4000)),
        (block(0x21, 0x21, SIX), ("2001:db8::1", 5000)),
        (block(0x21, 0x11, FOUR + b"\x04\0\x01x"), ("192.0.2.1", 4000)),
        (block(0x20, 0x00, b""), None),
        (block(0x21, 0x31, b"\0" * 216), None),
    ],
)
def test_header(header: bytes, client: tuple[str, int] | None) -> None:
    assert whole(header) == header
    assert client_of(header) == client


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4000\r\n",
        b"PROXY TCP4 2001:db8::1 192.0.2.2 4000 25\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 70000 25\r\n",
        b"PROXY TCP4  192.0.2.1 192.0.2.2 4000 25\r\n",
        b"PROXY TCP6 fe80::1%lan fe80::2 4000 25\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 4000 25\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 25" + b"0" * 80 + b"\r\n",
        b"EHLO client.example\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00",
        block(0x21, 0x11, FOUR[:8]),
        block(0x31, 0x11, FOUR),
        block(0x21, 0x11, b"\0" * 5000),
    ],
)
def test_malformed(header: bytes) -> None:
    with pytest.raises(ProtocolError):
        client_of(whole(header))


@given(st.binary(max_size=200), st.sampled_from([b"", SIGNATURE, SIGNATURE + b"\x21\x11\0\x0c", b"PROXY TCP4 "]))
def test_any_octets(tail: bytes, head: bytes) -> None:
    try:
        client_of(whole(head + tail))
    except ProtocolError:
        pass
