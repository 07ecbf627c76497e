"""From a stream of bytes to whole commands: lines with the literals that they announce.

Rules that the code does not show by itself:

- A frame is one command: its text with every literal taken out, a line feed standing in each
  one's place (a line cannot hold a line feed, so the mark is unmistakable), and the literals in order.
- The result does not depend on how the bytes were split. ``Continue`` comes for every synchronising
  literal, also when its bytes have already arrived.
- What is too big is never kept. A synchronising literal that is refused ends its command, for the
  client has not sent it yet (RFC 7888 §3). The bytes of a non-synchronising one are counted and thrown
  away together with the rest of the command, and only then is the refusal handed out, so that the
  next command is found where it begins.
- Literals take room from a ``share`` as they arrive: memory first; one that is longer than `LARGE`, or for which
  memory has no room, goes into a file. When there is no room at all, what has come is dropped, what is still to
  come is passed over, and the command is refused at its end.
- A bare LF ends a line as CRLF does: old scripts send it, and nothing is forwarded from here.

RFC 9051 §4.3 (literals), RFC 7888 (LITERAL+), RFC 3516 (literal8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailnode.octets import LARGE, Octets
from mailnode.proto.spill import Share, Sink

MAX_LINE = 65_536
SMALL_LITERAL = 8_192

_LITERAL = re.compile(rb"\{([0-9]{1,19})(\+?)\}\Z")
_TAG = re.compile(rb"""([^\x00-\x20\x7f-\xff(){%*"\\+]{1,64})[ ]""")
_APPEND = re.compile(rb"[^ ]{1,64} (?:APPEND|(?:UID )?REPLACE) ", re.IGNORECASE)
_TAIL = 32  # the longest literal mark is {19 digits+}


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole command: its text without line end, a line feed for each literal, and the literals."""

    text: bytes
    literals: tuple[Octets, ...] = ()


@dataclass(frozen=True, slots=True)
class Continue:
    """The client waits for ``+`` before it sends a literal."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was thrown away unread. ``tag`` is "*" when there was none that could be read."""

    tag: str
    reason: str
    too_big: bool
    """True for a literal over the limit (NO [TOOBIG], RFC 7889), False for an overlong line (BAD)."""
    no_room: bool = False
    """True for a literal that there was no room for; neither it nor its sender is at fault."""


Event = Frame | Continue | Refused


class Framer:
    """Feed it bytes, then take events until there is none.

    ``literal_limit`` (bytes) holds for all literals of one command together; ``append_limit`` for those
    of APPEND and REPLACE, and may be raised by the session once its user has logged in.
    """

    __slots__ = (
        "_buffer",
        "_held",
        "_literals",
        "_overlong",
        "_parts",
        "_refusal",
        "_scanned",
        "_shared",
        "_sink",
        "_size",
        "_skip",
        "_text",
        "_want",
        "append_limit",
        "line_limit",
        "literal_limit",
        "share",
    )

    def __init__(
        self,
        *,
        literal_limit: int = SMALL_LITERAL,
        append_limit: int = SMALL_LITERAL,
        line_limit: int = MAX_LINE,
        share: Share | None = None,
    ) -> None:
        self.literal_limit = literal_limit
        self.append_limit = append_limit
        self.line_limit = line_limit
        self._buffer = bytearray()
        self._scanned = 0  # the buffer holds no line feed before this place
        self._want = -1  # octets of the literal being received, or -1 between literals
        self._skip = 0  # octets of a refused literal still to throw away
        self._overlong = b""  # the last octets of a line that is being thrown away
        self._refusal: Refused | None = None
        self._parts: list[bytes] = []
        self._literals: list[Octets] = []
        self._text = 0  # octets of the lines so far, with their literal marks
        self._held = 0  # octets of the literals so far, the one being received included
        self.share = share
        self._size = 0  # octets of the one being received
        self._shared = 0  # of these, what the share has been asked about
        self._sink: Sink | None = None  # where these go, when not to memory

    @property
    def buffered(self) -> int:
        """Octets fed and not yet handed out as part of an event."""
        return len(self._buffer)

    @property
    def in_literal(self) -> bool:
        """True while octets of an announced literal are awaited."""
        return self._want >= 0 or self._skip > 0

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def clear(self) -> None:
        """Forget everything not yet read, for STARTTLS: what came before TLS does not count (RFC 9051 §11.1)."""
        self._buffer = bytearray()
        self._scanned = 0
        self._end_command()

    def next_event(self) -> Event | None:
        """The next event, or None when more bytes are needed."""
        while True:
            if self._skip:
                if not self._skip_octets():
                    return None
            elif self._want >= 0 and not (self._has_room() and self._receive()):
                if self._want >= 0:
                    return None
                continue  # refused
            line = self._line()
            if line is None:
                return None
            event = self._take_line(line)
            if event is not None:
                return event

    def _skip_octets(self) -> bool:
        """Throw away what has come of a refused literal; True once all of it has."""
        gone = min(self._skip, len(self._buffer))
        self._cut(gone)
        self._skip -= gone
        return self._skip == 0

    def _has_room(self) -> bool:
        """Ask for room for what has come; without it the literal is passed over from here on."""
        if self.share is None or self._sink is not None:
            return True
        if self._size <= LARGE and self._takes_memory(self.share):
            return True
        self._sink = self.share.spill(self._shared)
        return self._sink is not None or self._takes_memory(self.share) or self._refuse()

    def _takes_memory(self, share: Share) -> bool:
        come = min(len(self._buffer), self._want)
        if come > self._shared and not share.grow(come - self._shared):
            return False
        self._shared = come
        return True

    def _receive(self) -> bool:
        """Take what has come of the literal; True once nothing more of it is awaited here."""
        if self._sink is None:
            if len(self._buffer) < self._want:
                return False
            self._literals.append(self._cut(self._want))
        else:
            come = min(len(self._buffer), self._want)
            if not self._sink.write(self._cut(come)):
                self._want -= come
                return self._refuse()
            self._want -= come
            if self._want:
                return False
            self._literals.append(self._sink.whole())
            self._sink = None
        self._want = -1
        return True

    def _refuse(self) -> bool:
        """No room: False, and what is still to come of the literal is passed over."""
        reason = "There is no room for this at the moment; try again later"
        self._refusal = Refused(tag_of(self._parts[0]), reason, too_big=False, no_room=True)
        self._skip, self._want = self._want, -1
        self._literals = []
        self._sink = None
        if self.share is not None:
            self.share.give_back()
        return False

    def _cut(self, size: int) -> bytes:
        if size == len(self._buffer):
            data = bytes(self._buffer)
            self._buffer = bytearray()
        else:
            data = bytes(memoryview(self._buffer)[:size])
            del self._buffer[:size]
        self._scanned = 0
        return data

    def _line(self) -> bytes | None:
        """The next line without its end. Of an overlong line only the last octets are kept."""
        end = self._buffer.find(b"\n", self._scanned)
        allowed = self.line_limit - self._text
        if end < 0:
            self._scanned = len(self._buffer)
            if self._overlong or self._scanned > allowed + 2:
                self._note_overlong(self._cut(self._scanned))
            return None
        line = self._cut(end + 1)[:-1]
        if self._overlong or len(line) > allowed + 1:
            self._note_overlong(line)
            line, self._overlong = self._overlong, b""
        return line[:-1] if line.endswith(b"\r") else line

    def _note_overlong(self, data: bytes) -> None:
        if self._refusal is None:
            start = self._parts[0] if self._parts else data
            self._refusal = Refused(tag_of(start), "The command line is too long", too_big=False)
        self._overlong = (self._overlong + data[-_TAIL:])[-_TAIL:] or b" "

    def _take_line(self, line: bytes) -> Event | None:
        mark = _LITERAL.search(line, max(0, len(line) - _TAIL))
        if mark is None:
            return self._finish(line)
        size, waits = int(mark[1]), not mark[2]
        if self._refusal is None:
            self._parts.append(line[: mark.start()])
            self._text += len(line)
            self._held += size
            if self._held <= self._limit():
                self._want = self._size = size
                self._shared = 0
                return Continue() if waits else None
            self._refusal = Refused(tag_of(self._parts[0]), f"A literal of {size} octets is too big", too_big=True)
        if waits:
            return self._finish(b"")
        self._skip = size
        return None

    def _limit(self) -> int:
        return self.append_limit if _APPEND.match(self._parts[0]) else self.literal_limit

    def _finish(self, line: bytes) -> Frame | Refused:
        event: Frame | Refused
        if self._refusal is not None:
            event = self._refusal
        elif self._parts:
            event = Frame(b"\n".join([*self._parts, line]), tuple(self._literals))
        else:
            event = Frame(line)
        self._end_command()
        return event

    def _end_command(self) -> None:
        self._want = -1
        self._skip = self._text = self._held = self._shared = 0
        self._sink = None
        self._overlong = b""
        self._refusal = None
        if self._parts:
            self._parts = []
            self._literals = []


def tag_of(text: bytes) -> str:
    """The tag that a command's text begins with, or "*" when it has none that may be sent back."""
    found = _TAG.match(text)
    return found[1].decode("ascii") if found else "*"
