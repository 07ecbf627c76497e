"""The content of a message as SMTP brings it: behind DATA, or in the chunks of BDAT.

``ContentReader`` takes it in whatever chunks the socket gives. It ends at CRLF.CRLF and at nothing else,
undoes the dot-stuffing, and says afterwards whether the content may be kept. Content that another server
could read as two messages (a bare CR or LF, a NUL, line ends that only some software knows) is refused
whole, but only after its end, so that client and server stay in step: this is what stops SMTP smuggling.

``Vessel`` keeps what has come: in memory, where work is done on the whole at once and a message of 1 MB
costs about a millisecond; and from `LARGE` on, or where memory has no room, line by line in a file, if
there is a place for one.

RFC 5321 §2.3.8 (line ends), §4.1.1.4 and §4.5.2 (DATA), §4.5.3.1.6 and §4.5.3.1.7 (limits); RFC 3030 §2
(BDAT), §3 (BINARYMIME).
"""

from __future__ import annotations

from typing import Literal

from mailnode.octets import LARGE, Octets
from mailnode.proto.lines import MAX_TEXT_LINE, dot_line, ends_are_whole, longest_line_fits, uneven
from mailnode.proto.spill import Share, Sink

OVERRUN = 8 << 20  # so much beyond the limit is read and dropped before the connection is given up

_END = b"\r\n.\r\n"
_FINAL_DOT = b".\r\n"
_STRANGE_ENDS = (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x85")  # which some languages take for line ends

Fault = Literal["", "too-big", "no-room", "line-too-long", "bare-newline", "nul", "strange-line-end"]


class Vessel:
    """What has come of a content. ``stuffed``: as DATA sends it, with its final dot. ``binary``: any octets."""

    def __init__(self, share: Share | None, *, stuffed: bool, binary: bool = False) -> None:
        self._binary = binary
        self._share = share
        self._stuffed = stuffed
        self._chunks: list[bytes] = []
        self._file: _File | None = None
        self.size = 0
        self.dots = False  # a line begins with a dot, other than the last
        self.fault: Fault = ""

    def add(self, chunk: bytes) -> None:
        """The next octets; nothing is kept once there is a ``fault``."""
        if self.fault:
            return
        self.size += len(chunk)
        if self._file is None:
            fits = self._share is None or self._share.grow(len(chunk))
            self._chunks.append(chunk)
            if self._share is None or (fits and self.size <= LARGE):
                return
            sink = self._share.spill(self.size if fits else self.size - len(chunk))
            if sink is not None:
                self._file = _File(sink, stuffed=self._stuffed, binary=self._binary)
                chunk = b"".join(self._chunks)
                self._chunks = []
            elif not fits:
                self.refuse("no-room")
        if self._file is not None:
            fault = self._file.add(chunk, dots=self.dots)
            if fault:
                self.refuse(fault)

    def refuse(self, fault: Fault) -> None:
        """It will not be kept, so that its room is free again."""
        self.fault = fault
        self._chunks = []
        self._file = None
        if self._share is not None:
            self._share.give_back()

    def content(self) -> Octets:
        """All of it, without its stuffing; call it once, at the end. Empty where ``fault`` is set."""
        if self._file is not None:
            self.fault = self._file.finish(dots=self.dots)
            return b"" if self.fault else self._file.sink.whole()
        if self._stuffed:
            self._drop_final_dot()
        raw = b"".join(self._chunks)
        self._chunks = []
        if self._binary:
            return b"" if self.fault else raw
        if self.dots:
            raw = _unstuffed(raw)
        self.fault = self.fault or fault_of(raw)
        return b"" if self.fault else raw

    def _drop_final_dot(self) -> None:
        """While it lies in small pieces, so that the whole is copied once less."""
        last = b""
        while self._chunks and len(last) < len(_FINAL_DOT):
            last = self._chunks.pop() + last
        self._chunks.append(last[: -len(_FINAL_DOT)])


class _File:
    """Whole lines go into the file as they come, looked at and without their stuffing."""

    def __init__(self, sink: Sink, *, stuffed: bool, binary: bool) -> None:
        self.sink = sink
        self._binary = binary
        self._stuffed = stuffed
        self._rest = b""  # a line that has only begun, and the one before it, which may be the last

    def add(self, chunk: bytes, *, dots: bool) -> Fault:
        """``dots``: a line until here may begin with one."""
        if self._binary:
            return "" if self.sink.write(chunk) else "no-room"
        data = self._rest + chunk
        cut = data.rfind(b"\n", 0, max(0, data.rfind(b"\n"))) + 1 if self._stuffed else data.rfind(b"\n") + 1
        self._rest = data[cut:]
        if len(self._rest) > 2 * MAX_TEXT_LINE + 2:
            return "line-too-long"
        return self._take(data[:cut], dots)

    def finish(self, *, dots: bool) -> Fault:
        return self._take(self._rest.removesuffix(_FINAL_DOT) if self._stuffed else self._rest, dots)

    def _take(self, lines: bytes, dots: bool) -> Fault:
        if not lines:
            return ""
        if self._stuffed and dots:
            lines = _unstuffed(lines)
        return fault_of(lines) or ("" if self.sink.write(lines) else "no-room")


class ContentReader:
    """Reads the content of one message. ``limit`` is the largest size taken, in octets; 0: none."""

    def __init__(self, limit: int, share: Share | None = None) -> None:
        self._limit = limit
        self._vessel = Vessel(share, stuffed=True)
        self._tail = b"\r\n"  # as if a line had just ended: the first line may be the dot
        self._size = 0
        self.ended = False

    @property
    def fault(self) -> Fault:
        return self._vessel.fault

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
        vessel = self._vessel
        vessel.dots = vessel.dots or b"\r\n." in joint
        stuffed = dot_line(chunk)
        if stuffed >= 0:
            end = chunk.find(_END, stuffed)
            if end >= 0:
                vessel.dots = vessel.dots or stuffed < end
                return self._cut(chunk, end + len(_END))
            vessel.dots = True
        self._keep(chunk)
        self._tail = joint[-4:] if len(chunk) < 4 else chunk[-4:]
        return None

    def content(self) -> Octets:
        """The content without its stuffing; call it once, after the end. Empty where ``fault`` is set."""
        return self._vessel.content()

    def _cut(self, chunk: bytes, after: int) -> bytes:
        """The end stands in this chunk: keep what belongs to the content, give back the rest."""
        self._keep(chunk[:after])
        self.ended = True
        return chunk[after:]

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._limit and self._size > self._limit + len(_END) - 2 and not self.fault:
            self._vessel.refuse("too-big")  # what follows is dropped, so that client and server stay in step
        self._vessel.add(chunk)


class SizedReader:
    """Reads one chunk of BDAT, ``size`` octets whatever they are. Without a vessel it reads and forgets."""

    hopeless = False

    def __init__(self, size: int, vessel: Vessel | None) -> None:
        self._left = size
        self._vessel = vessel
        self.ended = False

    def feed(self, chunk: bytes) -> bytes | None:
        """As ContentReader.feed."""
        if self._vessel is not None:
            self._vessel.add(chunk[: self._left])
        left, self._left = self._left, max(0, self._left - len(chunk))
        self.ended = self._left == 0
        return chunk[left:] if self.ended else None


def fault_of(content: bytes) -> Fault:
    """What speaks against keeping this content, which came without stuffing; "" for nothing."""
    if b"\0" in content:
        return "nul"
    lines = uneven(content)
    if not all(map(ends_are_whole, lines)):
        return "bare-newline"
    if [end for piece in lines for end in _STRANGE_ENDS if end in piece and end + b"." + end in piece]:
        return "strange-line-end"
    return "" if all(map(longest_line_fits, lines)) else "line-too-long"


def _unstuffed(lines: bytes) -> bytes:
    """Without the dot that stands before each line that begins with one (RFC 5321 §4.5.2)."""
    lines = lines.replace(b"\r\n.", b"\r\n")
    return lines[1:] if lines.startswith(b".") else lines
