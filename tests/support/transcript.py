r"""The player of transcripts: conversations between clients and a server, kept as text files.

    # RFC 9051 §6.4.8: the other session hears of the move
    connections: 2     state: selected     messages: 3
    1 C: a UID MOVE 2 Archive
    1 S: * OK [COPYUID <validity> 2 1] <text>
    1 S: a OK <text>

Lines beginning with ``#`` say why the conversation must be so. Header lines hold ``name: value``
pairs, two or more spaces apart, for whoever sets the scene. A step is ``C:`` (the client sends the
line and CRLF), ``C-:`` (sends it without CRLF) or ``S:`` (the server must send exactly this line),
with the number of the connection in front, 1 when left out.

In what the server sends, ``<text>`` and ``<any>`` stand for anything, ``<number>`` for digits; any
other ``<name>`` stands for anything the first time and for the same ever after, in client lines
too. ``S: ...`` passes over lines until the next ``S:`` of this connection fits. ``S: (closed)``: the
server closes. ``C: (close)``: the client does; ``C: (tls)``: the client starts TLS.
``\r``, ``\n``, ``\t``, ``\\`` and ``\xNN`` are bytes.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.client import trusting

STEP = re.compile(r"^(?:(?P<number>\d+) +)?(?P<side>C-|C|S):(?: (?P<line>.*))?$")
HEADER = re.compile(r"([a-z_]+): ?(.*?)(?=\s{2,}[a-z_]+:|$)")
HOLE = re.compile(r"<([a-z_]+)>")
ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([rnt\\]))")
ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}
BUSY = b"* OK [INPROGRESS "  # what a machine says that is slow for a while (RFC 9585)
ANYTHING = {"text": "(?:.*)", "any": "(?:.*)", "number": r"(?:\d+)"}


class Wire(Protocol):
    """One connection to the server under test."""

    def send(self, data: bytes) -> None: ...

    def line(self) -> bytes:
        """The next line with its CRLF; b"" once the server has closed."""

    def tls(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    place: str  # file and line, for the failure
    connection: int
    side: str
    line: str


@dataclass(frozen=True, slots=True)
class Transcript:
    path: Path
    header: dict[str, str]
    steps: tuple[Step, ...]

    @property
    def connections(self) -> int:
        return max([int(self.header.get("connections", 1)), *(step.connection for step in self.steps)])


def read(path: Path) -> Transcript:
    """Parse one file; AssertionError names a line that is neither comment, header nor step."""
    header: dict[str, str] = {}
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if found := STEP.match(line):
            place = f"{path.name}:{number}"
            steps.append(Step(place, int(found["number"] or 1), found["side"], found["line"] or ""))
        else:
            pairs = HEADER.findall(line.rstrip())
            assert pairs, f"{path}:{number} is no line of a transcript: {line!r}"
            header |= {name: value.strip() for name, value in pairs}
    return Transcript(path, header, tuple(steps))


def gather(folder: Path) -> list[Transcript]:
    """All transcripts below a folder, in the order of their names."""
    return [read(path) for path in sorted(folder.rglob("*.txt"))]


def octets(text: str) -> bytes:
    """The bytes that a line of a transcript stands for, without its CRLF."""
    return ESCAPE.sub(lambda hit: bytes.fromhex(hit[1].decode()) if hit[1] else ESCAPES[hit[2]], text.encode("utf-8"))


class Player:
    """Plays one transcript against connections that ``connect(number)`` opens when first named."""

    def __init__(
        self,
        connect: Callable[[int], Wire],
        bound: dict[str, str] | None = None,
        computed: Mapping[str, Callable[[Mapping[str, str]], str]] | None = None,
    ) -> None:
        """``computed`` holes are what a function makes of those that are bound by then."""
        self._connect = connect
        self._computed = dict(computed or {})
        self._wires: dict[int, Wire] = {}
        self._bound = dict(bound or {})
        self._skip: set[int] = set()

    def play(self, transcript: Transcript) -> None:
        with self._closing():
            for step in transcript.steps:
                if step.connection not in self._wires:
                    self._wires[step.connection] = self._connect(step.connection)
                if step.side == "S":
                    self._expect(step)
                else:
                    self._send(step)

    def _send(self, step: Step) -> None:
        wire = self._wires[step.connection]
        if step.line == "(close)":
            wire.close()
        elif step.line == "(tls)":
            wire.tls()
        else:
            line = HOLE.sub(lambda hole: self._filled(hole[1]) or hole[0], step.line)
            wire.send(octets(line) + (b"\r\n" if step.side == "C" else b""))

    def _expect(self, step: Step) -> None:
        if step.line == "...":
            self._skip.add(step.connection)
            return
        passing = step.connection in self._skip
        self._skip.discard(step.connection)
        while True:
            try:
                got = self._wires[step.connection].line()
            except (TimeoutError, OSError) as error:
                raise AssertionError(f"{step.place}: wanted {step.line!r}, got {type(error).__name__}") from error
            if self._fits(step.line, got):
                return
            if not (passing and got) and not got.startswith(BUSY):
                raise AssertionError(f"{step.place}: wanted {step.line!r}\n  got {got!r}")

    def _fits(self, wanted: str, got: bytes) -> bool:
        if wanted == "(closed)":
            return got == b""
        found = re.fullmatch(self._pattern(wanted), got, re.DOTALL)
        if found:
            self._bound |= {name: value.decode("utf-8", "replace") for name, value in found.groupdict().items()}
        return found is not None

    def _filled(self, name: str) -> str | None:
        if name in self._computed:
            return self._computed[name](self._bound)
        return self._bound.get(name)

    def _pattern(self, wanted: str) -> bytes:
        parts, seen = [], set[str]()
        for at, part in enumerate(HOLE.split(wanted)):
            if at % 2 == 0:
                parts.append(re.escape(octets(part)))
            elif part in ANYTHING:
                parts.append(ANYTHING[part].encode())
            elif (filled := self._filled(part)) is not None:
                parts.append(re.escape(filled.encode()))
            else:
                parts.append((f"(?P={part})" if part in seen else f"(?P<{part}>.*?)").encode())
                seen.add(part)
        return b"".join(parts) + b"\r\n"

    @contextlib.contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            for wire in self._wires.values():
                wire.close()


class TcpWire:
    """A connection over TCP; ``tls_first`` for ports where TLS comes before the greeting."""

    def __init__(self, host: str, port: int, *, seconds: float = 60.0, tls_first: bool = False) -> None:
        self._socket: socket.socket = socket.create_connection((host, port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        if tls_first:
            self.tls()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def line(self) -> bytes:
        return self._file.readline()

    def tls(self) -> None:
        self._file.close()
        self._socket = trusting().wrap_socket(self._socket)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()
