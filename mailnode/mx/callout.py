"""A backup MX asks the better one, while it is there, whether it would take a recipient.

Otherwise everything would be taken for everybody, and what the better MX refuses later would become reports to
senders who never wrote (backscatter). Only a clear "no such recipient" counts: a host that does not answer, or says
anything else, is what a backup MX is there for. Both answers are kept for a while, so that the other side is not asked
about each message.

RFC 5321 §3.6.2 (relays), §6.1 (reports to those whom they do not concern).
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from mailnode import log
from mailnode.errors import ProtocolError
from mailnode.proto.address import Address
from mailnode.proto.replies import Reply, ReplyReader
from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay.route import Host, Route

SECONDS = 10.0  # for one conversation
AT_ONCE = 20
HOSTS = 2  # that are tried
KNOWN, UNKNOWN = 3600.0, 300.0  # seconds for which an answer is kept: that somebody is there, that nobody is
MOST = 10_000
NOBODY = (550, 551, 553)

_log = log.get("mx")


class Routes(Protocol):
    """Who finds the way; ``mailnode.relay.route.Router``."""

    async def route(self, destination: str) -> Route | Deferred | Failed: ...


class Callout:
    """One for a door."""

    def __init__(self, hostname: str, routes: Routes) -> None:
        self._hostname = hostname
        self._routes = routes
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._kept: dict[Address, tuple[float, Reply | None]] = {}

    async def refusal(self, recipient: Address) -> Reply | None:
        """What the better MX says no with; None where it takes the recipient, or is not there to be asked."""
        now = time.monotonic()
        until, reply = self._kept.get(recipient, (0.0, None))
        if now >= until:
            reply = await self._asked(recipient)
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[recipient] = (now + (UNKNOWN if reply else KNOWN), reply)
        return reply

    async def _asked(self, recipient: Address) -> Reply | None:
        route = await self._routes.route(recipient.domain)
        if not isinstance(route, Route):
            return None
        for host in route.hosts[:HOSTS]:
            try:
                async with self._at_once, asyncio.timeout(SECONDS):
                    said = await self._ask(host, recipient)
            except (OSError, ProtocolError) as error:
                _log.info("not asked", host=host.name, recipient=str(recipient), error=str(error) or "no answer")
                continue
            if said.code in NOBODY and not said.status.startswith("5.7"):
                return Reply(550, "5.1.1", f"{host.name} knows no such recipient")
            return None
        return None

    async def _ask(self, host: Host, recipient: Address) -> Reply:
        """The answer to RCPT, or to the first command before it that was not taken."""
        reader, writer = await asyncio.open_connection(host.address, host.port)
        try:
            conversation = _Conversation(reader, writer)
            said = await conversation.reply()
            wide = "" if recipient.ascii else " SMTPUTF8"
            for command in (f"EHLO {self._hostname}", f"MAIL FROM:<>{wide}"):
                if not said.positive:
                    return Reply(451, "4.4.0", said.text)
                said = await conversation.say(command)
            if not said.positive:
                return Reply(451, "4.4.0", said.text)
            return await conversation.say(f"RCPT TO:<{recipient}>")
        finally:
            writer.write(b"QUIT\r\n")
            writer.close()


class _Conversation:
    """Commands out, replies in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._replies = ReplyReader()

    async def say(self, command: str) -> Reply:
        self._writer.write(command.encode() + b"\r\n")
        return await self.reply()

    async def reply(self) -> Reply:
        """The next one. Raises OSError and ProtocolError."""
        while (found := self._replies.next_reply()) is None:
            data = await self._reader.read(4096)
            if not data:
                raise ConnectionResetError("it closed")
            self._replies.feed(data)
        return found
