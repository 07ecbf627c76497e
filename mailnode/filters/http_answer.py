"""One answer of an HTTP/1.1 server, read from any split of its octets (RFC 9112)."""

from __future__ import annotations

import re

from mailnode.errors import ProtocolError

MAX_HEAD = 1 << 16
MAX_BODY = 1 << 22
_HEAD = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r\n]")


class AnswerReader:
    """``feed`` until it says True; then ``status``, ``body`` and whether the server goes on are known.

    Raises ProtocolError for what is no answer, or too long.
    """

    def __init__(self) -> None:
        self.status = 0
        self.stays_open = False
        self.body = b""
        self._length = 0
        self._chunked = False
        self._begun = False
        self._data = b""

    def feed(self, data: bytes) -> bool:
        self._data += data
        if not self._begun and not self._take_head():
            return False
        if self._chunked:
            return self._take_chunks()
        if len(self._data) < self._length:
            return False
        self.body, self._data = self._data[: self._length], self._data[self._length :]
        return True

    def _take_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if max(end, 0 if end >= 0 else len(self._data)) > MAX_HEAD:
            raise ProtocolError("the head of the answer is too long")
        if end < 0:
            return False
        head, self._data = self._data[: end + 2], self._data[end + 4 :]
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
        """RFC 9112 §7.1; trailers are passed over."""
        while (end := self._data.find(b"\r\n")) >= 0:
            word = self._data[:end].split(b";")[0].strip()
            try:
                size = int(word, 16)
            except ValueError:
                raise ProtocolError("a chunk of the answer has no length") from None
            if size < 0 or size + len(self.body) > MAX_BODY:
                raise ProtocolError("the answer is too long")
            if size == 0:
                return self._data.find(b"\r\n\r\n", end) >= 0 or self._data.startswith(b"\r\n", end + 2)
            if len(self._data) < end + 2 + size + 2:
                return False
            self.body += self._data[end + 2 : end + 2 + size]
            self._data = self._data[end + 4 + size :]
        if len(self._data) > MAX_HEAD:
            raise ProtocolError("a chunk of the answer has no length")
        return False
