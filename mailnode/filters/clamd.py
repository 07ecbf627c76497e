"""ClamAV's clamd, asked by ``INSTREAM`` in a session (``IDSESSION``) that goes on with the next message."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from mailnode.errors import ProtocolError
from mailnode.filters.connections import Connections, Line
from mailnode.filters.values import Asked, Told
from mailnode.findings import Action, Finding
from mailnode.settings import FilterAt

RULE = "clamd"
MAX_ANSWER = 4096
END = struct.pack(">I", 0)
_ANSWER = re.compile(rb"([0-9]+): (.*)\Z", re.S)
_VIRUS = re.compile(rb"(?:stream|instream(?:\([^)]*\))?): (.+) FOUND", re.I)
_CLEAN = re.compile(rb"(?:stream|instream(?:\([^)]*\))?): OK", re.I)


@dataclass(slots=True)
class Numbered:
    """clamd numbers the questions of a session, from 1."""

    asked: int = 0


class Clamd:
    """One clamd."""

    def __init__(self, place: FilterAt) -> None:
        self.connections: Connections[Numbered] = Connections(place)
        self._action = Action[place.action.upper()] if place.action else Action.REJECT

    async def ask(self, asked: Asked) -> Told:
        """Raises one of `connections.BROKEN`."""
        return Told(understood(await self.connections.talk(lambda line: _talk(line, asked)), self._action))


async def _talk(line: Line[Numbered], asked: Asked) -> bytes:
    if line.state is None:
        line.state = Numbered()
        await line.send(b"zIDSESSION\0")
    line.state.asked += 1
    await line.send(b"zINSTREAM\0")
    try:
        await line.send_all(asked.content, lambda block: struct.pack(">I", len(block)) + block)
        await line.send(END)
    except ConnectionError:
        pass  # it has heard enough: a message that is too large; the answer says so
    answer = b""
    while not answer.endswith(b"\0"):
        answer += await line.read()
        if len(answer) > MAX_ANSWER:
            raise ProtocolError("clamd's answer is too long")
    match = _ANSWER.match(answer[:-1])
    if match is None or int(match[1]) != line.state.asked:
        raise ProtocolError("clamd answered what was not asked")
    line.keep = not match[2].endswith(b"ERROR")
    return match[2]


def understood(answer: bytes, action: Action) -> Finding:
    """Raises ProtocolError."""
    found = _VIRUS.fullmatch(answer)
    if found is not None:
        name = found[1].decode("ascii", "replace")
        return Finding(RULE, 0.0, f"it holds {name}", action)
    if _CLEAN.fullmatch(answer):
        return Finding(RULE, 0.0, "nothing found")
    raise ProtocolError(f"clamd answered {answer[:100].decode('ascii', 'replace')}")
