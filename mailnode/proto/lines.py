"""The two ways bytes are cut up in SMTP: command lines, and the content behind DATA.

``ContentReader`` takes the content in whatever chunks the socket gives. It ends at CRLF.CRLF and at
nothing else, undoes the dot-stuffing, and says afterwards whether the content may be kept. Content that
another server could read as two messages (a bare CR or LF, a NUL, line ends that only some software
knows) is refused whole, but only after its end, so that client and server stay in step: this is what
stops SMTP smuggling. Work is done on whole chunks, a message of 1 MB costs about a millisecond, and
memory stays near the size limit whatever is sent.

``CommandReader`` cuts lines that end in CRLF; a line with a bare CR, bare LF or NUL is refused, a line
that is too long is thrown away as it comes and refused at its end.

RFC 5321 §2.3.8 (line ends), §4.1.1.4 and §4.5.2 (DATA), §4.5.3.1.4 to §4.5.3.1.9 (limits).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from mailnode.errors import ProtocolError

MAX_TEXT_LINE = 1000  # octets with CRLF, without the stuffed dot: RFC 5321 §4.5.3.1.6
MAX_COMMAND_LINE = 12288 + 2  # the longest that any command needs: AUTH, RFC 4954 §4
OVERRUN = 8 << 20  # so much beyond the limit is read and dropped before the connection is given up

_END = b"\r\n.\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
# Compiled, these find what bytes.find and bytes.count take two to three times as long for.
_DOT_LINE = re.compile(rb"\r\n\.")
_BARE_CR = re.compile(rb"\r(?!\n)")
_STRANGE_ENDS = b"\x0b\x0c\x1c\x1d\x1e\x85"

Fault = Literal["", "too-big", "no-room", "line-too-long", "bare-newline", "nul", "strange-line-end"]


def sendable(content: bytes) -> bytes:
    """The content as other hosts may see it: bare CR and LF become CRLF, and NUL goes (RFC 5321 §2.3.8).

    What is sent so can end a message in one way only, whatever the next host takes for a line's end.
    """
    if b"\0" in content:
        content = content.replace(b"\0", b"")
    if content.count(b"\r\n") != content.count(b"\n") or content.count(b"\r") != content.count(b"\n"):
        content = _BARE.sub(b"\r\n", content)
    return content


def stuff(content: bytes) -> bytes:
    """Content as sent after DATA: `sendable`, dots doubled, the final dot added (RFC 5321 §4.5.2)."""
    content = sendable(content)
    content = content.replace(b"\r\n.", b"\r\n..")
    dot = b"." if content.startswith(b".") else b""
    end = b".\r\n" if content.endswith(b"\r\n") or not content else _END
    return dot + content + end


def longest_line_fits(content: bytes, limit: int = MAX_TEXT_LINE) -> bool:
    """True when no line, its CRLF counted, is longer than ``limit`` octets."""
    at, size = 0, len(content)
    while size - at > limit:  # in every window of ``limit`` octets a line must end
        end = content.rfind(b"\n", at, at + limit)
        if end < 0:
            return False
        at = end + 1
    return True


class Share(Protocol):
    """The memory that a message may take."""

    def grow(self, octets: int) -> bool:
        """So many more octets are about to be kept; False when there is no room for them."""

    def give_back(self) -> None:
        """Nothing is kept any more."""


class ContentReader:
    """Reads the content of one message. ``limit`` is the largest size taken, in octets; 0: none."""

    def __init__(self, limit: int, share: Share | None = None) -> None:
        self._limit = limit
        self._share = share
        self._chunks: list[bytes] = []
        self._tail = b"\r\n"  # as if a line had just ended: the first line may be the dot
        self._size = 0
        self._dots = False
        self.fault: Fault = ""
        self.ended = False

    @property
    def hopeless(self) -> bool:
        """True when so much was sent beyond the limit that the connection is better given up."""
        return bool(self._limit) and self._size > self._limit + OVERRUN

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next bytes. None: the end has not come. Else what follows the end, perhaps empty."""
        joint = self._tail + chunk[:4]
        end = joint.find(_END)
        if end >= 0:
            return self._cut(chunk, end + len(_END) - len(self._tail))
        self._dots = self._dots or b"\r\n." in joint
        stuffed = _DOT_LINE.search(chunk)
        if stuffed is not None:
            end = chunk.find(_END, stuffed.start())
            if end >= 0:
                self._dots = self._dots or stuffed.start() < end
                return self._cut(chunk, end + len(_END))
        self._dots = self._dots or stuffed is not None
        self._keep(chunk)
        self._tail = joint[-4:] if len(chunk) < 4 else chunk[-4:]
        return None

    def content(self) -> bytes:
        """The content without its stuffing; call it once, after the end. Empty where ``fault`` is set."""
        raw = b"".join(self._chunks)
        self._chunks = []
        self.fault = self.fault or _bad_octets(raw)
        if self.fault:
            return b""
        content = raw[:-3]
        if self._dots:
            content = content.replace(b"\r\n.", b"\r\n")
            content = content[1:] if content.startswith(b".") else content
        self.fault = "" if longest_line_fits(content) else "line-too-long"
        return b"" if self.fault else content

    def _cut(self, chunk: bytes, after: int) -> bytes:
        """The end stands in this chunk: keep what belongs to the content, give back the rest."""
        self._keep(chunk[:after])
        self.ended = True
        return chunk[after:]

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._limit and self._size > self._limit + len(_END) - 2 and not self.fault:
            self._refuse("too-big")
        if not self.fault and self._share is not None and not self._share.grow(len(chunk)):
            self._refuse("no-room")
        if not self.fault:
            self._chunks.append(chunk)

    def _refuse(self, fault: Fault) -> None:
        """What follows is read and dropped, so that client and server stay in step."""
        self.fault = fault
        self._chunks = []
        if self._share is not None:
            self._share.give_back()


class SizedReader:
    """Reads one chunk of BDAT, ``size`` octets whatever they are. Without a share it reads and forgets."""

    hopeless = False

    def __init__(self, size: int, share: Share | None) -> None:
        self._left = size
        self._share = share
        self._chunks: list[bytes] = []
        self.fault: Fault = ""
        self.ended = False

    def feed(self, chunk: bytes) -> bytes | None:
        """As ContentReader.feed."""
        if self._share is not None and not self.fault:
            self._chunks.append(chunk[: self._left])
            if not self._share.grow(len(self._chunks[-1])):
                self.fault = "no-room"
                self._chunks.clear()
        left, self._left = self._left, max(0, self._left - len(chunk))
        self.ended = self._left == 0
        return chunk[left:] if self.ended else None

    def data(self) -> bytes:
        return b"".join(self._chunks)


def fault_of(content: bytes) -> Fault:
    """What speaks against keeping this content, which came without stuffing; "" for nothing."""
    fault = _bad_octets(content)
    return fault or ("" if longest_line_fits(content) else "line-too-long")


def _bad_octets(raw: bytes) -> Fault:
    if b"\0" in raw:
        return "nul"
    # Every CR stands before an LF, and there are as many of them: every LF stands behind a CR.
    if _BARE_CR.search(raw) or raw.count(b"\n") != raw.count(b"\r"):
        return "bare-newline"
    return "strange-line-end" if any(_stands_alone(raw, end) for end in _STRANGE_ENDS) else ""


def _stands_alone(raw: bytes, end: int) -> bool:
    """A dot between two of these octets, which some languages take for line ends."""
    octet = bytes((end,))
    return octet in raw and octet + b"." + octet in raw


@dataclass(frozen=True, slots=True)
class BadLine:
    """A command line that was refused; ``too_long`` or else a bare CR, bare LF or NUL in it."""

    too_long: bool


class CommandReader:
    """Cuts command lines. ``limit`` counts octets with CRLF."""

    def __init__(self, limit: int = MAX_COMMAND_LINE) -> None:
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._dropping = False

    @property
    def waiting(self) -> bool:
        """True when bytes are here that no one has taken yet."""
        return self._at < len(self._buffer)

    def __len__(self) -> int:
        """Octets that wait."""
        return len(self._buffer) - self._at

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def rest(self) -> bytes:
        """Take everything that waits, line or not: the content after DATA is not made of commands."""
        rest = self._buffer[self._at :]
        self._buffer, self._at = b"", 0
        return rest

    def next_line(self) -> bytes | BadLine | None:
        """The next line without its CRLF, the fault of a bad one, or None when more bytes are needed."""
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            if len(self._buffer) - self._at > self._limit:
                self._dropping = True
                # A CR may be half of the line's end; the rest is of no use.
                self._buffer, self._at = self._buffer[-1:], 0
            return None
        line = self._buffer[self._at : end + 1]
        self._at = end + 1
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
