"""The lines of SMTP: commands as they come in, and content as it is sent (`content` reads what is received).

``CommandReader`` cuts lines that end in CRLF; a line with a bare CR, bare LF or NUL is refused, a line
that is too long is thrown away as it comes and refused at its end.

RFC 5321 §2.3.8 (line ends), §4.5.2 (transparency), §4.5.3.1.4 to §4.5.3.1.9 (limits).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import IncrementalNewlineDecoder

from mailnode.errors import ProtocolError

MAX_TEXT_LINE = 1000  # octets with CRLF, without the stuffed dot: RFC 5321 §4.5.3.1.6
FEW_DOTS = 64
MIN_EVEN_LINE = 16
EVEN = 16 * 1024  # octets from which on it pays to look for even lines
MAX_COMMAND_LINE = 12288 + 2  # the longest that any command needs: AUTH, RFC 4954 §4

_END = b"\r\n.\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
# Compiled, it finds what bytes.find takes two to three times as long for.
_DOT_LINE = re.compile(rb"\r\n\.")


def sendable(content: bytes) -> bytes:
    """The content as other hosts may see it: bare CR and LF become CRLF, and NUL goes (RFC 5321 §2.3.8).

    What is sent so can end a message in one way only, whatever the next host takes for a line's end.
    """
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    return content if all(map(ends_are_whole, uneven(content))) else _BARE.sub(b"\r\n", content)


def ends_are_whole(content: bytes) -> bool:
    """True when every CR and every LF is half of a CRLF (RFC 5321 §2.3.8).

    The decoder notes what line ends it has met, all of them in one quick pass: to count both octets and to look
    behind each CR takes three times as long.
    """
    decoder = IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(content.decode("latin-1"), final=True)
    return decoder.newlines in (None, "\r\n")


def uneven(content: bytes) -> tuple[bytes, ...]:
    """The content without its long stretches of even lines: as long as each other and no longer than `MAX_TEXT_LINE`,
    with whole ends and without a dot, as base64 is written. What may be bad is in what is left, which is little of a
    large message.

    Such a stretch is looked at as a table, by its columns: in a quarter of the time that going from line to line takes.
    """
    if len(content) < EVEN:
        return (content,)
    middle = content.find(b"\n", len(content) // 2)
    width = content.find(b"\n", middle + 1) - middle
    if middle < 0 or not MIN_EVEN_LINE <= width <= MAX_TEXT_LINE:
        return (content,)
    column = content[middle % width :: width]
    above, below = column[: middle // width], column[middle // width + 1 :]
    start = middle + 1 - width * (len(above) - len(above.rstrip(b"\n")))
    end = middle + 1 + width * (len(below) - len(below.lstrip(b"\n")))
    if end - start < len(content) // 8 or not _is_even(content, start, end, width):
        return (content,)
    return (*uneven(content[:start]), *uneven(content[end:]))


def _is_even(content: bytes, start: int, end: int, width: int) -> bool:
    """True when each LF at a line's end has CR in front of it, and neither stands elsewhere, nor a dot."""
    table = bytearray(memoryview(content)[start:end])
    lines = len(table) // width
    whole = table[width - 2 :: width] == b"\r" * lines
    table[width - 2 :: width] = table[width - 1 :: width] = bytes(lines)
    return whole and not any(octet in table for octet in b"\r\n.")


def stuff(content: bytes) -> bytes:
    """Content as sent after DATA: `sendable`, dots doubled, the final dot added (RFC 5321 §4.5.2)."""
    return stuffed(sendable(content))


def stuffed(content: bytes) -> bytes:
    """`stuff` for content that is `sendable` already."""
    if dot_line(content) >= 0:
        content = content.replace(b"\r\n.", b"\r\n..")
    dot = b"." if content.startswith(b".") else b""
    end = b".\r\n" if content.endswith(b"\r\n") or not content else _END
    return dot + content + end


def dot_line(content: bytes) -> int:
    """Where the CRLF in front of a dot stands first; -1 where no line but the first begins with one.

    A header has dots and base64 has none: these few are looked at one by one, which takes no time, and only what
    has more is searched through.
    """
    at = content.find(b".")
    for _ in range(FEW_DOTS):
        if at < 0:
            return -1
        if content[max(0, at - 2) : at] == b"\r\n":
            return at - 2
        at = content.find(b".", at + 1)
    found = _DOT_LINE.search(content, max(0, at - 2)) if at >= 0 else None
    return found.start() if found else -1


def longest_line_fits(content: bytes, limit: int = MAX_TEXT_LINE) -> bool:
    """True when no line, its CRLF counted, is longer than ``limit`` octets."""
    at, size = 0, len(content)
    while size - at > limit:  # in every window of ``limit`` octets a line must end
        end = content.rfind(b"\n", at, at + limit)
        if end < 0:
            return False
        at = end + 1
    return True


@dataclass(frozen=True, slots=True)
class BadLine:
    """A command line that was refused; ``too_long`` or else a bare CR, bare LF or NUL in it."""

    too_long: bool


class CommandReader:
    """Cuts command lines. ``limit`` counts octets with CRLF. ``waiting``: octets that no one has taken yet.
    ``dropped``: those of the line that has begun and is too long."""

    def __init__(self, limit: int = MAX_COMMAND_LINE) -> None:
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._dropping = False
        self.waiting = 0
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data if self.waiting else data
        self._at = 0
        self.waiting = len(self._buffer)

    def rest(self) -> bytes:
        """Take everything that waits, line or not: the content after DATA is not made of commands."""
        rest = self._buffer[self._at :]
        self._buffer, self._at, self.waiting = b"", 0, 0
        return rest

    def next_line(self) -> bytes | BadLine | None:
        """The next line without its CRLF, the fault of a bad one, or None when more bytes are needed."""
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            if self.waiting > self._limit:
                self._dropping = True
                self.dropped += self.waiting - 1
                # A CR may be half of the line's end; the rest is of no use.
                self._buffer, self._at, self.waiting = self._buffer[-1:], 0, 1
            return None
        line = self._buffer[self._at : end + 1]
        self._at = end + 1
        self.waiting -= len(line)
        self.dropped = 0
        if self._dropping or len(line) > self._limit:
            self._dropping = False
            return BadLine(too_long=True)
        if line[-2:] != b"\r\n" or b"\r" in line[:-2] or b"\0" in line:
            return BadLine(too_long=False)
        return line[:-2]


def text_of(line: bytes) -> str:
    """A command line as text. Raises ProtocolError when it is not UTF-8 (RFC 6531 §3.1)."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("The line is not UTF-8") from None
