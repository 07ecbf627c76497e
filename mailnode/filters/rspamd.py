"""rspamd, asked by its HTTP protocol: the envelope in header fields, the message as the body, the answer in JSON.

Its word is an action: what it would refuse is refused, what it would mark goes to Junk. Its ``greylist`` is no
more than points, since whoever asks here has done that already.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from mailnode.errors import ProtocolError
from mailnode.filters.connections import Connections, Line
from mailnode.filters.http_answer import AnswerReader
from mailnode.filters.values import SPAM, Asked, Told
from mailnode.findings import Action, Finding
from mailnode.proto.milter import AddHeader, Change, ChangeHeader
from mailnode.proto.replies import Reply
from mailnode.settings import FilterAt

RULE = "rspamd"
ACTIONS = {
    "reject": Action.REJECT,
    "soft reject": Action.DEFER,
    "quarantine": Action.QUARANTINE,
    "discard": Action.QUARANTINE,  # nothing that was answered with 250 goes for good
    "add header": Action.JUNK,
    "rewrite subject": Action.JUNK,
}
NAMED = 6  # symbols in the sentence
MOST = 100  # fields that it may add or take away
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
_NAME = re.compile(r"[!-9;-~]+")


class Rspamd:
    """One rspamd."""

    def __init__(self, place: FilterAt, hostname: str) -> None:
        self.connections: Connections[None] = Connections(place)
        self._hostname = hostname

    async def ask(self, asked: Asked) -> Told:
        """Raises one of `connections.BROKEN`."""
        return understood(await self.connections.talk(lambda line: self._talk(line, asked)))

    async def _talk(self, line: Line[None], asked: Asked) -> bytes:
        await line.send(question(asked, self._hostname))
        await line.send_all(asked.content)
        reader = AnswerReader()
        while not reader.feed(await line.read()):
            pass
        line.keep = reader.stays_open
        if reader.status != 200:
            raise ProtocolError(f"rspamd answered {reader.status}")
        return reader.body


def question(asked: Asked, hostname: str) -> bytes:
    """The request up to the message."""
    fields = [
        ("Host", "rspamd"),
        ("Content-Length", str(len(asked.content))),
        ("IP", asked.address),
        ("Hostname", asked.name or "unknown"),
        ("Helo", asked.hello),
        ("From", asked.sender),
        *(("Rcpt", one) for one in asked.recipients),
        ("User", asked.user),
        ("Queue-Id", asked.id),
        ("MTA-Name", hostname),
        ("TLS-Version", asked.tls.partition(" ")[0]),
    ]
    head = "".join(f"{name}: {_UNSAFE.sub(' ', value)}\r\n" for name, value in fields if value)
    return f"POST /checkv2 HTTP/1.1\r\n{head}\r\n".encode("utf-8", "replace")


def understood(body: bytes) -> Told:
    """What the JSON means. Raises ProtocolError for what is none of rspamd's."""
    try:
        found = json.loads(body)
        action, score, most = str(found["action"]), float(found["score"]), float(found.get("required_score") or 0)
        if not math.isfinite(score):
            raise ProtocolError("rspamd's points are no number")
        text = f"{score:.1f} of {most:.1f} points, {action}"
        named = ", ".join(f"{name} ({points:.1f})" for name, points in _symbols(found.get("symbols") or {}))
        finding = Finding(RULE, score, f"{text}: {named}" if named else text, ACTIONS.get(action))
        return Told(finding, tuple(_changes(found.get("milter") or {})), _reply(finding, found.get("messages") or {}))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ProtocolError("rspamd's answer cannot be understood") from error


def _symbols(symbols: dict[str, Any]) -> list[tuple[str, float]]:
    """Those that weigh most."""
    found = [(str(name), float(value.get("score") or 0)) for name, value in symbols.items()]
    return sorted((one for one in found if one[1]), key=lambda one: -abs(one[1]))[:NAMED]


def _reply(finding: Finding, messages: dict[str, Any]) -> Reply | None:
    """Its own words for the sender, who need not know by which rules."""
    words = str(messages.get("smtp_message") or "").strip()
    match finding.action:
        case Action.REJECT:
            return Reply(550, "5.7.1", words) if words else SPAM
        case Action.DEFER:
            return Reply(451, "4.7.1", words or "A content filter asks to try again later")
        case _:
            return None


def _changes(milter: dict[str, Any]) -> Iterator[Change]:
    """Fields to take away, and then those to add at the top."""
    for name, number in list((milter.get("remove_headers") or {}).items())[:MOST]:
        if _NAME.fullmatch(name):
            yield ChangeHeader(name.encode(), b"", max(0, int(number)))
    added = [
        (name, one)
        for name, value in (milter.get("add_headers") or {}).items()
        for one in (value if isinstance(value, list) else [value])
        if _NAME.fullmatch(name)
    ]
    for name, one in reversed(added[:MOST]):
        text = str(one["value"] if isinstance(one, dict) else one)
        yield AddHeader(name.encode(), text.encode("utf-8", "replace"), 0)
