"""Somebody else's SMTP server, as a script: it answers what the test says, and breaks where it says.

``Peer({"RCPT": "450 4.2.1 Later"})`` answers every RCPT so. A value may also be a list, taken one
reply after another (the last one stays), or one of `DROP` (close at once) and `SILENT` (answer
nothing). Keys are the greeting ("connect"), commands, and "content" for the end of DATA; "middle" is
looked at when the first bytes of the content arrive.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DROP, SILENT = "DROP", "SILENT"
EHLO = "250-peer.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 10000000"
PLAIN_EHLO = "250 peer.test"
USUAL: dict[str, str] = {
    "connect": "220 peer.test ESMTP",
    "EHLO": EHLO,
    "HELO": PLAIN_EHLO,
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go on",
    "content": "250 2.0.0 Queued",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
    "STARTTLS": "502 5.5.1 No",
    "AUTH": "235 2.7.0 Ok",
    "middle": "",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A message for which the peer answered 250."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    secure: bool
    commands: tuple[str, ...]


@dataclass(slots=True)
class Peer:
    """``async with Peer(script) as peer``: listens on ``peer.port``; ``tls`` is for STARTTLS, or from the start."""

    script: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    greets_in_tls: bool = False
    port: int = 0
    host: str = "127.0.0.1"
    taken: list[Taken] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    server: asyncio.Server | None = None
    delay: float = 0.0
    sessions: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Peer:
        self.server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self.tls if self.greets_in_tls else None
        )
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()
        for session in self.sessions:
            session.cancel()
        await asyncio.gather(*self.sessions, return_exceptions=True)

    def answer(self, key: str) -> str:
        number = self.asked.get(key, 0)
        self.asked[key] = number + 1
        scripted = self.script.get(key, USUAL.get(key, "500 5.5.1 What?"))
        if isinstance(scripted, str):
            return scripted
        return scripted[min(number, len(scripted) - 1)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.clients.append(writer.get_extra_info("peername")[0])
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        task = asyncio.current_task()
        assert task is not None
        self.sessions.add(task)
        try:
            await _Session(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError, EOFError):
            pass
        finally:
            self.open_now -= 1
            self.sessions.discard(task)
            writer.close()


class _Session:
    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer, self.reader, self.writer = peer, reader, writer
        self.secure = False
        self.begin()

    def begin(self) -> None:
        self.mail, self.sender = False, ""
        self.recipients: list[str] = []
        self.commands: list[str] = []

    async def run(self) -> None:
        await self.say(self.peer.answer("connect"))
        while line := await self.reader.readline():
            text = line.decode().rstrip("\r\n")
            verb = text.partition(" ")[0].upper()
            self.commands.append(text)
            reply = self.out_of_order(verb) or self.peer.answer(verb)
            await self.say(reply)
            await self.after(verb, text, reply)

    def out_of_order(self, verb: str) -> str:
        if (verb == "RCPT" and not self.mail) or (verb == "DATA" and not self.recipients):
            return "503 5.5.1 Bad sequence of commands"
        return ""

    async def after(self, verb: str, text: str, reply: str) -> None:
        if verb == "STARTTLS" and reply.startswith("220") and self.peer.tls is not None:
            await self.writer.start_tls(self.peer.tls)
            self.secure = True
        elif verb == "MAIL":
            self.mail = reply.startswith("250")
            self.sender = text[text.index("<") + 1 : text.index(">")]
        elif verb == "RCPT" and reply.startswith("250"):
            self.recipients.append(text[text.index("<") + 1 : text.index(">")])
        elif verb == "RSET":
            self.begin()
        elif verb == "DATA" and reply.startswith("354"):
            await self.content()
        elif verb == "QUIT":
            raise EOFError

    async def content(self) -> None:
        first = await self.reader.readline()
        await self.say(self.peer.answer("middle"))
        whole = first if first == b".\r\n" else first + await self.reader.readuntil(b"\r\n.\r\n")
        reply = self.peer.answer("content")
        await self.say(reply, before=lambda: self.keep(whole[:-3]) if reply.startswith("250") else None)
        self.begin()

    def keep(self, content: bytes) -> None:
        self.peer.taken.append(Taken(self.sender, tuple(self.recipients), content, self.secure, tuple(self.commands)))

    async def say(self, reply: str, before: object = None) -> None:
        if self.peer.delay:
            await asyncio.sleep(self.peer.delay)
        if callable(before):
            before()
        if reply == DROP:
            self.writer.transport.abort()
            raise EOFError
        if reply == SILENT:
            await asyncio.sleep(3600)
        if reply:
            self.writer.write(reply.encode() + b"\r\n")
            await self.writer.drain()
