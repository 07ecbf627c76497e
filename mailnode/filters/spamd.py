"""SpamAssassin's spamd, asked by SPAMC/1.5: is it spam, by how many points, and by which rules.

spamd knows no envelope: it reads it from fields in front of the message, which the message itself does not keep.
It takes one question on each connection.
"""

from __future__ import annotations

import re
import time
from email.utils import formatdate

from mailnode.errors import ProtocolError
from mailnode.filters.connections import Connections, Line
from mailnode.filters.values import SPAM, Asked, Told
from mailnode.findings import Action, Finding
from mailnode.settings import FilterAt

RULE = "spamd"
SIZE_LIMIT = 512_000  # octets: spamd takes long over larger ones, and spamc leaves them out, too
MAX_ANSWER = 1 << 16
_ANSWER = re.compile(
    rb"SPAMD/[0-9.]+ 0 [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?"
    rb"Spam: (True|False|Yes|No) ; (-?[0-9.]{1,12}) / (-?[0-9.]{1,12})\r\n"
    rb"(?:[^\r\n]+\r\n)*\r\n([A-Za-z0-9_,\r\n]*)",
    re.I,
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f()<>]+")


class Spamd:
    """One spamd."""

    def __init__(self, place: FilterAt, hostname: str) -> None:
        self.connections: Connections[None] = Connections(place)
        self._hostname = hostname
        self._action = Action[place.action.upper()] if place.action else Action.JUNK

    async def ask(self, asked: Asked) -> Told:
        """Raises one of `connections.BROKEN`."""
        finding = understood(await self.connections.talk(lambda line: self._talk(line, asked)), self._action)
        return Told(finding, reply=SPAM if finding.action is Action.REJECT else None)

    async def _talk(self, line: Line[None], asked: Asked) -> bytes:
        head = envelope_fields(asked, self._hostname)
        await line.send(
            f"SYMBOLS SPAMC/1.5\r\nContent-length: {len(head) + len(asked.content)}\r\n\r\n".encode() + head
        )
        await line.send_all(asked.content)
        line.end()
        answer = b""
        try:
            while len(answer) < MAX_ANSWER:
                answer += await line.read()
        except EOFError:
            return answer
        raise ProtocolError("spamd's answer is too long")


def envelope_fields(asked: Asked, hostname: str) -> bytes:
    """The envelope as SpamAssassin looks for it; the newest station stands at the top."""
    sender, hello, name = (_UNSAFE.sub("", text) for text in (asked.sender, asked.hello, asked.name))
    address = f"IPv6:{asked.address}" if ":" in asked.address else asked.address
    user = " with ESMTPSA" if asked.user else " with ESMTP"
    stamp = f"from {hello or 'unknown'} ({name or 'unknown'} [{address}]) by {hostname}{user}"
    lines = (
        f"X-Envelope-From: <{sender}>\r\n",
        f"Received: {stamp} id {asked.id or '0'};\r\n\t{formatdate(time.time())}\r\n",
    )
    return "".join(lines).encode("utf-8", "replace")


def understood(answer: bytes, action: Action) -> Finding:
    """Raises ProtocolError."""
    match = _ANSWER.match(answer)
    if match is None:
        raise ProtocolError(f"spamd answered {answer[:100].decode('ascii', 'replace').strip()}")
    try:
        score, most = float(match[2]), float(match[3])
    except ValueError:
        raise ProtocolError("spamd's points are no number") from None
    rules = ", ".join(match[4].decode("ascii").strip().split(",")[:20])
    text = f"{score:.1f} of {most:.1f} points"
    is_spam = match[1].lower() in (b"true", b"yes")
    return Finding(RULE, score, f"{text}: {rules}" if rules else text, action if is_spam else None)
