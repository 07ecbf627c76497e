"""DEFLATE between client and server (RFC 4978), so that neither a bomb nor a long answer is ever held unpacked.

What has come is unpacked piece by piece, as the framer has room for it; the rest waits packed.
"""

from __future__ import annotations

import zlib

from mailnode.errors import ProtocolError

PIECE = 64 * 1024
LEVEL = 1  # mail is text or packed already; the loop's time is dearer than the last few octets
RAW = -15  # no header, the largest window (RFC 4978 §4)


class Deflate:
    """Both directions of one connection."""

    __slots__ = ("_packer", "_unpacker", "_waiting")

    def __init__(self) -> None:
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
        self._unpacker = zlib.decompressobj(RAW)
        self._waiting = b""

    @property
    def waiting(self) -> bool:
        """More can be unpacked from what has come."""
        return bool(self._waiting)

    def pack(self, data: bytes) -> bytes:
        """Packed so that the client can read all of it now."""
        return self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def feed(self, data: bytes) -> None:
        self._waiting += data

    def unpack(self) -> bytes:
        """The next piece. Raises ProtocolError for what is not DEFLATE."""
        try:
            piece = self._unpacker.decompress(self._waiting, PIECE)
        except zlib.error:
            raise ProtocolError("This is not DEFLATE") from None
        self._waiting = self._unpacker.unconsumed_tail
        if self._unpacker.eof:
            raise ProtocolError("The compressed stream has ended")
        return piece
