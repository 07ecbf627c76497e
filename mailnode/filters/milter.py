"""A milter, told of one message after its end: client, envelope, header and body, each in the order of SMTP.

The whole conversation takes place when the message is there, on a connection of its own: libmilter knows a way to go
on with another client (``QUIT_NC``), but does not hear of that client's address then.

What the filter says of a recipient counts for the message: there is one answer left, and no recipient may be lost
without a word. What it would throw away silently is quarantined.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailnode.errors import ProtocolError
from mailnode.filters.connections import Connections, Line
from mailnode.filters.values import Asked, Told
from mailnode.findings import Action, Finding
from mailnode.message import headers
from mailnode.octets import blocks
from mailnode.proto import milter
from mailnode.proto.milter import (
    AddHeader,
    Agreed,
    Answer,
    AnswerReader,
    Change,
    ChangeHeader,
    Quarantine,
    ReplaceBody,
    Skips,
    Stage,
    Word,
)
from mailnode.proto.replies import Reply
from mailnode.settings import FilterAt

RULE = "milter"
MOST = 1000  # changes, beside the pieces of a body
PIECE = 64  # octets that a piece of a body counts for by itself
FIELDS = 1 << 19  # octets of all fields together
REASON = 500  # characters of its word that are kept
GREW = 2  # how many times as long as the message, or as our limit, a new body may be
MORE = 1 << 22  # and octets beyond that: a small message may get a picture, and many messages are asked about at once

_WORDS = {
    Word.REJECT: (Action.REJECT, "it refuses the message"),
    Word.TEMPFAIL: (Action.DEFER, "it asks to try again later"),
    Word.DISCARD: (Action.QUARANTINE, "it would throw the message away"),
}


class Milter:
    """One milter. ``limit``: octets that a message may have."""

    def __init__(self, place: FilterAt, hostname: str, limit: int) -> None:
        self.connections: Connections[None] = Connections(place)
        self._hostname = hostname
        self._limit = limit

    async def ask(self, asked: Asked) -> Told:
        """Raises one of `connections.BROKEN`."""
        return await self.connections.talk(lambda line: self._talk(line, asked))

    async def _talk(self, line: Line[None], asked: Asked) -> Told:
        reader = AnswerReader()
        await line.send(milter.negotiate())
        agreed = await _next(line, reader)
        if not isinstance(agreed, Agreed):
            raise ProtocolError("the filter does not say what it can do")
        talk = _Talk(line, reader, agreed, asked, self._hostname, self._limit)
        told = await talk.run()
        await line.send(milter.QUIT)
        return told


async def _next(line: Line[None], reader: AnswerReader) -> Answer:
    while (answer := reader.next_answer()) is None:
        reader.feed(await line.read())
    return answer


class _Talk:
    """One message."""

    def __init__(
        self, line: Line[None], reader: AnswerReader, agreed: Agreed, asked: Asked, hostname: str, limit: int
    ) -> None:
        self._line = line
        self._reader = reader
        self._agreed = agreed
        self._asked = asked
        self._hostname = hostname
        self._limit = min(limit, len(asked.content)) * GREW + MORE
        self._skips = agreed.skips
        self.final: Word | Reply = Word.CONTINUE

    async def run(self) -> Told:
        for part in (self._client, self._envelope, self._header, self._body):
            await part()
            if self.final is not Word.CONTINUE:
                return _told(self.final, [])
        return await self._end()

    async def _client(self) -> None:
        asked, name = self._asked, self._asked.name or f"[{self._asked.address}]"
        known = {"j": self._hostname, "daemon_name": "mailnode", "v": "Mailnode", "_": f"{name} [{asked.address}]"}
        known |= {"client_addr": asked.address, "client_name": asked.name or "unknown", "client_port": str(asked.port)}
        await self._tell(
            milter.connect(name, asked.address, asked.port),
            Skips.NO_CONNECT,
            Skips.MUTE_CONNECT,
            (Stage.CONNECT, b"C", known),
        )
        tls = {"tls_version": asked.tls.partition(" ")[0], "cipher": asked.tls.partition(" ")[2]} if asked.tls else {}
        await self._tell(milter.helo(asked.hello), Skips.NO_HELO, Skips.MUTE_HELO, (Stage.HELO, b"H", tls))

    async def _envelope(self) -> None:
        asked = self._asked
        known = {"i": asked.id, "mail_addr": asked.sender}
        known |= {"auth_authen": asked.user, "auth_author": asked.user} if asked.user else {}
        await self._tell(milter.mail(asked.sender), Skips.NO_MAIL, Skips.MUTE_MAIL, (Stage.MAIL, b"M", known))
        for one in asked.recipients:
            known = {"i": asked.id, "rcpt_addr": one}
            await self._tell(milter.rcpt(one), Skips.NO_RCPT, Skips.MUTE_RCPT, (Stage.RCPT, b"R", known))
        await self._tell(milter.DATA, Skips.NO_DATA, Skips.MUTE_DATA, (Stage.DATA, b"T", {"i": asked.id}))

    async def _header(self) -> None:
        content = self._asked.content
        end, _ = headers.split(content)
        if not self._skips & Skips.NO_HEADERS:
            for match in headers.matches(content[:end], 0, end):
                value = match[2].rstrip(b"\r\n")
                if not self._skips & Skips.LEADING_SPACE:
                    value = value.removeprefix(b" ")
                await self._tell(milter.header(match[1], value), Skips.NO_HEADERS, Skips.MUTE_HEADERS)
        macros = (Stage.EOH, b"N", {"i": self._asked.id})
        await self._tell(milter.END_OF_HEADER, Skips.NO_EOH, Skips.MUTE_EOH, macros)

    async def _body(self) -> None:
        if self._skips & Skips.NO_BODY:
            return
        _, start = headers.split(self._asked.content)
        for block in blocks(self._asked.content, start):
            for at in range(0, len(block), milter.BODY_CHUNK):
                chunk = block[at : at + milter.BODY_CHUNK]
                if await self._tell(milter.body(chunk), Skips.NO_BODY, Skips.MUTE_BODY) is Word.SKIP:
                    return

    async def _tell(
        self,
        packet: bytes,
        left_out: Skips,
        mute: Skips,
        macros: tuple[Stage, bytes, Mapping[str, str]] | None = None,
    ) -> Answer:
        """Send one command, unless the filter need not hear it or has decided, and hear what it says."""
        if self._skips & left_out or self.final is not Word.CONTINUE:
            return Word.CONTINUE
        await self._line.send((self._macros(*macros) if macros else b"") + packet)
        return Word.CONTINUE if self._skips & mute else self._decided(await self._heard())

    def _macros(self, stage: Stage, letter: bytes, known: Mapping[str, str]) -> bytes:
        values = milter.chosen(self._agreed, stage, known)
        return milter.macros(letter, values) if values else b""

    async def _heard(self) -> Answer:
        while (answer := await _next(self._line, self._reader)) is Word.PROGRESS:
            pass
        return answer

    def _decided(self, answer: Answer) -> Answer:
        if answer in (Word.CONTINUE, Word.SKIP):
            return answer
        if answer is Word.CONNECTION_FAILED or not isinstance(answer, Word | Reply):
            raise ProtocolError("the filter's answer is out of place")
        self.final = answer
        return answer

    async def _end(self) -> Told:
        """The end of the body, where the filter says what it changes and then its last word."""
        await self._line.send(self._macros(Stage.END, b"E", {"i": self._asked.id}) + milter.END)
        changes: list[Change] = []
        size = few = fields = 0
        while isinstance(answer := await self._heard(), Change):
            if isinstance(answer, ReplaceBody):
                size += PIECE + len(answer.data)
            else:
                few += 1
            if isinstance(answer, AddHeader | ChangeHeader):
                fields += len(answer.name) + len(answer.value)
            if size > self._limit or few > MOST or fields > FIELDS:
                raise ProtocolError("the filter changes too much")
            changes.append(answer)
        self._decided(answer)
        return _told(self.final, changes)


def _told(final: Word | Reply, changes: list[Change]) -> Told:
    if isinstance(final, Reply):
        action = Action.REJECT if final.permanent else Action.DEFER
        return Told(Finding(RULE, 0.0, final.text, action), (), final)
    if final is Word.SHUTDOWN:
        raise ProtocolError("the filter is shutting down")
    if final in _WORDS:
        action, text = _WORDS[final]
        return Told(Finding(RULE, 0.0, text, action))
    reasons = [one.reason[:REASON] for one in changes if isinstance(one, Quarantine)]
    if reasons:
        return Told(
            Finding(RULE, 0.0, reasons[0] or "it wants the message kept apart", Action.QUARANTINE), tuple(changes)
        )
    return Told(Finding(RULE, 0.0, "it takes the message"), tuple(changes))
