"""An IMAP conversation over two binary streams, with answers read as values: for comparing what two servers say.

A value is None for NIL, an int for a number, bytes for any string or atom, and a tuple for a parenthesised list; so a
quoted string and a literal with the same octets are equal. Nesting is read without recursion.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import BinaryIO, cast

Value = None | int | bytes | tuple["Value", ...]

_TOKEN = re.compile(
    rb'(?P<open>\()|(?P<close>\))|(?P<blank> +)|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    rb"|(?P<binary>~?)\{(?P<size>\d+)\}\r\n|(?P<atom>(?:\[[^\]]*\]|[^ ()\r\n\"\[])+)",
    re.S,
)
_ESCAPE = re.compile(rb"\\(.)", re.S)
_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class No(Exception):
    """A command was not answered OK; the words are the server's."""


class HungUp(Exception):
    """The server closed the connection."""


def values(answer: bytes) -> tuple[Value, ...]:
    """The values of one answer, without its line end."""
    stack: list[list[Value]] = [[]]
    at = 0
    while at < len(answer):
        token = _TOKEN.match(answer, at)
        assert token, answer[at : at + 80]
        at = token.end()
        if token["open"]:
            stack.append([])
        elif token["close"]:
            done = tuple(stack.pop())
            stack[-1].append(done)
        elif token["size"]:
            stack[-1].append(answer[at : at + int(token["size"])])
            at += int(token["size"])
        elif token["quoted"] is not None:
            stack[-1].append(_ESCAPE.sub(rb"\1", token["quoted"]))
        elif (atom := token["atom"]) is not None:
            stack[-1].append(None if atom == b"NIL" else int(atom) if atom.isdigit() else atom)
    assert len(stack) == 1, answer[:80]
    return tuple(stack[0])


class Conversation:
    """``with Conversation(read, write) as server``; the greeting has been read."""

    def __init__(self, read: BinaryIO, write: BinaryIO, close: Sequence[Callable[[], object]] = ()) -> None:
        self._read, self._write, self._close = read, write, close
        self._number = 0
        self.greeting = self._answer()

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for close in (*self._close, self._read.close, self._write.close):
            with contextlib.suppress(OSError):
                close()

    def command(self, *pieces: bytes) -> list[bytes]:
        """Send the pieces, each but the first as a literal in its place; the untagged answers. Raises No."""
        self._number += 1
        tag = b"t%d" % self._number
        first, *literals = pieces
        self._write.write(tag + b" " + first)
        for literal in literals:
            self._write.write(b" {%d+}\r\n%b" % (len(literal), literal))
        self._write.write(b"\r\n")
        try:
            self._write.flush()
        except BrokenPipeError:
            raise HungUp from None
        answers: list[bytes] = []
        while not (answer := self._answer()).startswith(tag + b" "):
            answers.append(answer)
        if not answer.startswith(tag + b" OK"):
            raise No(answer.decode("utf-8", "replace"))
        return answers

    def fetch(self, uid: int, items: bytes) -> Mapping[bytes, Value]:
        """What UID FETCH says of one message, by item; {} when it says nothing. Raises No."""
        found: dict[bytes, Value] = {}
        for answer in self.command(b"UID FETCH %d (%b)" % (uid, items)):
            _, number, *rest = values(answer)
            if isinstance(number, int) and rest and rest[0] == b"FETCH":
                pairs = cast(tuple[Value, ...], rest[1])
                found |= {cast(bytes, name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}
        return found

    def _answer(self) -> bytes:
        """One answer with its literals, without its line end."""
        pieces = [self._line()]
        while literal := _LITERAL.search(pieces[-1]):
            pieces.append(self._read.read(int(literal[1])))
            pieces.append(self._line())
        return b"".join(pieces).removesuffix(b"\r\n")

    def _line(self) -> bytes:
        line = self._read.readline()
        if not line.endswith(b"\r\n"):
            raise HungUp
        return line


def connect(host: str, port: int, user: str, password: str) -> Conversation:
    """Over TCP, logged in."""
    conn = socket.create_connection((host, port), timeout=60)
    server = Conversation(cast(BinaryIO, conn.makefile("rb")), cast(BinaryIO, conn.makefile("wb")), [conn.close])
    server.command(f'LOGIN "{user}" "{password}"'.encode())
    return server
