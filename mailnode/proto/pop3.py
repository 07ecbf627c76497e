"""The wire of POP3, sans-IO: lines in, replies out.

RFC 1939 §3 (commands, replies, byte-stuffing), RFC 2449 §4 (a command line has at most 255 octets;
ours may be longer, since an AUTH response is), RFC 5034 §6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailnode.errors import ProtocolError

MAX_LINE = 8192 + 512  # octets: a SASL response and its command
_BARE_LF = re.compile(rb"(?<!\r)\n")
_WORD = re.compile(rb"[A-Za-z]{3,10}|[Uu][Tt][Ff]8")


@dataclass(frozen=True, slots=True)
class Command:
    """A command's name in upper case, and the rest of its line as it was sent."""

    name: str
    rest: bytes

    @property
    def words(self) -> list[bytes]:
        return self.rest.split()

    def number(self) -> int:
        """The one argument of DELE, RETR … Raises ProtocolError."""
        return self.numbers(1)[0]

    def numbers(self, count: int) -> list[int]:
        """Exactly so many numbers, none negative. Raises ProtocolError."""
        words = self.words
        if len(words) != count or not all(word.isdigit() and len(word) <= 10 for word in words):
            raise ProtocolError(f"{self.name} takes {'a number' if count == 1 else f'{count} numbers'}")
        return [int(word) for word in words]

    def nothing(self) -> None:
        """Raises ProtocolError when there is an argument."""
        if self.rest:
            raise ProtocolError(f"{self.name} takes no argument")


def parse(line: bytes) -> Command:
    """One line without its CRLF. Raises ProtocolError."""
    word, _, rest = line.partition(b" ")
    if not _WORD.fullmatch(word) or b"\0" in rest:
        raise ProtocolError("This is no POP3 command")
    return Command(word.decode("ascii").upper(), rest)


class Lines:
    """Bytes in any pieces in, whole lines out. A bare LF ends a line too, as people send it by hand."""

    __slots__ = ("_buffer", "_skipping")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next_line(self) -> bytes | None:
        """The next line, or None until more comes. Raises ProtocolError, once, for a line over `MAX_LINE`."""
        at = self._buffer.find(b"\n")
        if at < 0:
            if len(self._buffer) > MAX_LINE:
                self._buffer.clear()
                self._skipping = True
            return None
        line = bytes(self._buffer[:at]).removesuffix(b"\r")
        del self._buffer[: at + 1]
        too_long, self._skipping = self._skipping or at > MAX_LINE, False
        if too_long:
            raise ProtocolError("The line is too long")
        return line

    def clear(self) -> None:
        """Forget what was sent ahead: nothing from before TLS counts after it (RFC 2595 §4)."""
        self._buffer.clear()
        self._skipping = False

    def __len__(self) -> int:
        return len(self._buffer)


def ok(text: str = "") -> bytes:
    return f"+OK {text}".rstrip().encode() + b"\r\n"


def err(text: str, code: str = "") -> bytes:
    """A refusal, with its response code (RFC 2449 §8) where there is one."""
    return f"-ERR {f'[{code}] ' if code else ''}{text}".encode() + b"\r\n"


def listing(text: str, lines: Iterable[str]) -> bytes:
    """A multi-line reply of short lines that never begin with a dot."""
    return b"".join([ok(text), *(line.encode() + b"\r\n" for line in lines), b".\r\n"])


def stuffed(raw: bytes) -> bytes:
    """A message as RETR sends it: lines end in CRLF, one more dot before each that begins one, then the end."""
    if b"\n" in raw and raw.count(b"\n") != raw.count(b"\r\n"):
        raw = _BARE_LF.sub(b"\r\n", raw)
    text = raw.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return text + (b".\r\n" if text.endswith(b"\r\n") or not text else b"\r\n.\r\n")


class Stuffing:
    """`stuffed` for a message that comes in pieces."""

    __slots__ = ("_at_start", "_cr")

    def __init__(self) -> None:
        self._at_start = True
        self._cr = b""  # which may be half of a line's end

    def feed(self, data: bytes) -> bytes:
        data = self._cr + data
        self._cr = data[-1:] if data.endswith(b"\r") else b""
        data = data.removesuffix(b"\r")
        if not data:
            return b""
        if data.count(b"\n") != data.count(b"\r\n"):
            data = _BARE_LF.sub(b"\r\n", data)
        data = data.replace(b"\r\n.", b"\r\n..")
        if self._at_start and data.startswith(b"."):
            data = b"." + data
        self._at_start = data.endswith(b"\r\n")
        return data

    def end(self) -> bytes:
        """What is sent behind the last piece."""
        return b".\r\n" if self._at_start and not self._cr else self._cr + b"\r\n.\r\n"


def top(raw: bytes, lines: int) -> bytes:
    """The header, the blank line and the first lines of the body (RFC 1939 §7, TOP)."""
    found = re.search(rb"\r?\n\r?\n", raw)
    if found is None:
        return raw
    if lines > raw.count(b"\n", found.end()):
        return raw
    return raw[: end_of_lines(raw, lines, found.end())]


def end_of_lines(raw: bytes, lines: int, start: int = 0) -> int:
    """Where so many lines end, which are there. Counted in C: a stranger's message may have millions of them."""
    end = re.compile(rb"(?:[^\n]*+\n){%d}+" % lines).match(raw, start)
    return end.end() if end else len(raw)
