"""Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3).

Printable US-ASCII stands for itself, except "&", which is "&-". Everything else is UTF-16 in base64
with "," for "/" and without padding, between "&" and "-".

A name has one spelling only. What decodes but is not what ``encode`` would have written (ASCII inside
base64, two shifts in a row, stray bits at the end) is refused, so that two spellings never name one mailbox.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from mailnode.errors import ProtocolError

_RUNS = re.compile(r"[\x20-\x7e]+|[^\x20-\x7e]+")
_PIECES = re.compile(rb"[\x20-\x25\x27-\x7e]+|&[A-Za-z0-9+,]*-")


def encode(name: str) -> bytes:
    """The name as the wire has it. A lone surrogate cannot be written: ProtocolError."""
    if name.isascii() and name.isprintable() and "&" not in name:
        return name.encode("ascii")
    return b"".join(map(_encode_run, _RUNS.findall(name)))


def decode(wire: bytes) -> str:
    """The name that the wire means. Raises ProtocolError for everything that ``encode`` does not write."""
    pieces = _PIECES.findall(wire)
    if sum(map(len, pieces)) != len(wire):
        raise ProtocolError("The mailbox name is not modified UTF-7")
    name = "".join(map(_decode_piece, pieces))
    if b"&" in wire and encode(name) != wire:
        raise ProtocolError("The mailbox name is not modified UTF-7 in its one spelling")
    return name


def _encode_run(run: str) -> bytes:
    if " " <= run[0] <= "~":
        return run.encode("ascii").replace(b"&", b"&-")
    try:
        units = run.encode("utf-16-be")
    except UnicodeEncodeError:
        raise ProtocolError("The mailbox name holds half a character") from None
    return b"&%b-" % b64encode(units).rstrip(b"=").replace(b"/", b",")


def _decode_piece(piece: bytes) -> str:
    if not piece.startswith(b"&"):
        return piece.decode("ascii")
    if piece == b"&-":
        return "&"
    digits = piece[1:-1].replace(b",", b"/")
    try:
        return b64decode(digits + b"=" * (-len(digits) % 4), validate=True).decode("utf-16-be")
    except (Base64Error, UnicodeDecodeError):
        raise ProtocolError("The mailbox name is not modified UTF-7") from None
