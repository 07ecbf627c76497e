"""One answer of an HTTP/1.1 server, read from any split of its octets (RFC 9112)."""

from __future__ import annotations

import re

from mailnode.errors import ProtocolError

MAX_HEAD = 1 << 16
MAX_BODY = 1 << 22
MAX_SIZE_LINE = 1024
_HEAD = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r\n]")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class AnswerReader:
    """``feed`` until it says True; then ``status``, ``body`` and whether the server goes on are known.

    Raises ProtocolError for what is no answer, or too long.
    """

    def __init__(self) -> None:
        self.status = 0
        self.stays_open = False
        self._body = bytearray()
        self._length = 0
        self._chunked = False
        self._begun = False
        self._data = bytearray()

    @property
    def body(self) -> bytes:
        return bytes(self._body)

    def feed(self, data: bytes) -> bool:
        self._data += data
        if not self._begun and not self._take_head():
            return False
        if self._chunked:
            return self._take_chunks()
        if len(self._data) < self._length:
            return False
        self._body += self._data[: self._length]
        return True

    def _take_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if (len(self._data) if end < 0 else end) > MAX_HEAD:
            raise ProtocolError("the head of the answer is too long")
        if end < 0:
            return False
        head = bytes(self._data[: end + 2])
        del self._data[: end + 4]
        match = _HEAD.match(head)
        if match is None:
            raise ProtocolError("this is no HTTP answer")
        self.status, self._begun = int(match[1]), True
        lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:-1]]
        fields = {name.strip(): value.strip() for name, _, value in lines}
        self._chunked = b"chunked" in fields.get(b"transfer-encoding", b"")
        length = fields.get(b"content-length", b"0" if self._chunked else b"")
        if not length.isdigit() or len(length) > 12 or int(length) > MAX_BODY:
            raise ProtocolError("the answer does not say how long it is, or is too long")
        self._length = int(length)
        self.stays_open = head.startswith(b"HTTP/1.1") and b"close" not in fields.get(b"connection", b"")
        return True

    def _take_chunks(self) -> bool:
        """All that are whole (RFC 9112 §7.1); trailers are passed over."""
        at = 0
        while (end := self._data.find(b"\r\n", at, at + MAX_SIZE_LINE)) >= 0:
            size = self._size(bytes(self._data[at:end]))
            if size == 0 and self._data.find(b"\r\n\r\n", end) >= 0:
                return True
            if size == 0 or len(self._data) < end + 2 + size + 2:
                break
            self._body += self._data[end + 2 : end + 2 + size]
            at = end + 4 + size
        if end < 0 and len(self._data) - at >= MAX_SIZE_LINE:
            raise ProtocolError("a chunk of the answer has no length")
        if len(self._data) - at > MAX_BODY + MAX_HEAD:
            raise ProtocolError("the answer is too long")
        del self._data[:at]
        return False

    def _size(self, line: bytes) -> int:
        word = line.partition(b";")[0].strip()
        if not _SIZE.fullmatch(word):
            raise ProtocolError("a chunk of the answer has no length")
        size = int(word, 16)
        if size + len(self._body) > MAX_BODY:
            raise ProtocolError("the answer is too long")
        return size
