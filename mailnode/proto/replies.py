"""SMTP replies: the values a server sends and a client reads.

A reply is a code, an enhanced status code (empty where there is none) and its lines of text. The
encoder holds the grammar whatever the text: control characters become "?", and a line that would pass
512 octets is broken into several. The reader is fed with any split of the bytes and keeps at most
``MAX_LINE`` octets of a line and ``MAX_LINES`` lines of a reply.

RFC 5321 §4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mailnode.errors import ProtocolError

MAX_LINE = 4096  # RFC 5321 §4.5.3.1.5 says 512; real servers answer with longer ones
MAX_LINES = 200
LINES_KEPT = 256  # that hosts have said
REPLIES_KEPT = 256  # that we have given
_WRAP = 490  # room for code, status and CRLF within 512 octets

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_STATUS = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?:[ \t]+|$)")
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?\n?\Z")


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. ``text`` may hold several lines separated by a newline; ``status`` may be empty."""

    code: int
    status: str
    text: str

    @property
    def positive(self) -> bool:
        """True for 2xx and 3xx."""
        return self.code < 400

    @property
    def temporary(self) -> bool:
        """True for 4xx: the same may succeed later (RFC 5321 §4.2.1)."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """True for 5xx."""
        return self.code >= 500

    @property
    def first(self) -> str:
        """The first line of the text."""
        return self.text.partition("\n")[0]

    def __str__(self) -> str:
        """For people and logs: one line, without CRLF."""
        words = (str(self.code), self.status, self.text.replace("\n", " "))
        return " ".join(word for word in words if word)

    def encode(self) -> bytes:
        """The reply as sent, CRLF at the end; UTF-8 where the text is not ASCII."""
        return _encoded(self.code, self.status, self.text)


class Refused(ProtocolError):
    """The peer's command was refused for its syntax; ``reply`` says so in SMTP's words."""

    def __init__(self, code: int, status: str, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(code, status, text)


@lru_cache(REPLIES_KEPT)
def _encoded(code: int, status: str, text: str) -> bytes:
    """Nearly all that a server says it has said before."""
    prefix = f" {status} " if status else " "
    if len(text) < 120 and text.isascii() and text.isprintable():
        return f"{code}{prefix}{text}\r\n".encode("ascii")
    lines = list(_wrapped(text))
    head = [f"{code}-{prefix[1:]}{line}" for line in lines[:-1]]
    return "\r\n".join([*head, f"{code}{prefix}{lines[-1]}", ""]).encode()


def _wrapped(text: str) -> Iterator[str]:
    """The lines of a text, each short enough for RFC 5321 §4.5.3.1.5, without control characters."""
    for line in _UNPRINTABLE.sub("?", text.replace("\r", "")).split("\n"):
        rest = line.encode()
        while len(rest) > _WRAP:
            cut = rest.rfind(b" ", 1, _WRAP)
            cut = _WRAP if cut < 0 else cut
            while cut and rest[cut] & 0xC0 == 0x80:  # never through a UTF-8 character
                cut -= 1
            yield rest[:cut].decode()
            rest = rest[cut:].lstrip(b" ")
        yield rest.decode()


def split_status(code: int, text: str) -> tuple[str, str]:
    """Take an enhanced status code from the front of a reply's text.

    One whose class contradicts the reply code is left in the text (RFC 2034 §4).
    """
    match = _STATUS.match(text)
    if match is None or match[1] != str(code)[0]:
        return "", text
    return text[: match.end()].rstrip(), text[match.end() :]


class ReplyReader:
    """Reads replies from a stream: ``feed`` any bytes, then take ``next_reply`` until it gives None."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[_Line] = []

    @property
    def pending(self) -> bool:
        """True when bytes wait that are not part of a reply already taken."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_reply(self) -> Reply | None:
        """The next whole reply, or None when more bytes are needed.

        Raises ProtocolError for what is no reply; the connection is then of no more use.
        """
        while True:
            end = self._buffer.find(b"\n")
            if end > MAX_LINE or (end < 0 and len(self._buffer) > MAX_LINE):
                raise ProtocolError("a line of the reply is too long")
            if end < 0:
                return None
            line, self._buffer = _line(self._buffer[: end + 1]), self._buffer[end + 1 :]
            if not self._lines and line.last:
                return line.reply
            self._take(line)
            if line.last:
                lines, self._lines = self._lines, []
                # The status stands on every line (RFC 2034 §4); it is said once in the value.
                texts = "\n".join(one.reply.text for one in lines)
                return Reply(line.reply.code, lines[0].reply.status, texts)

    def _take(self, line: _Line) -> None:
        """Add one line of several."""
        if self._lines and line.reply.code != self._lines[0].reply.code:
            raise ProtocolError("the lines of the reply have different codes")
        if len(self._lines) >= MAX_LINES:
            raise ProtocolError("the reply has too many lines")
        self._lines.append(line)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a reply, as if it were alone; ``last``: no more follow."""

    reply: Reply
    last: bool


@lru_cache(LINES_KEPT)
def _line(line: bytes) -> _Line:
    """Hosts say the same again and again. Raises ProtocolError."""
    match = _LINE.match(line)
    if match is None:
        raise ProtocolError("the reply does not begin with a code")
    code, said = int(match[1]), (match[3] or b"").decode("utf-8", "replace")
    said = _UNPRINTABLE.sub("?", said)  # it is kept and shown: PostgreSQL takes no NUL
    return _Line(Reply(code, *split_status(code, said)), match[2] != b"-")
