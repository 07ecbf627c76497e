"""One SMTP connection's conversation: one command after the other, limits, and what went wrong.

What aiosmtpd's session does on the open Internet is replaced (`wire` has the rest):

- Its timer is reset by commands only. Here any byte resets it, a whole content has a limit of its own,
  and whoever is cut off hears 421 (RFC 5321 §3.8).
- Its handler's exceptions reach the client as a permanent error. Here they are logged with their
  traceback and answered 451 without detail.

Invariant: a message whose content came in whole is handed on even when the client is gone by then.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, cast

from mailnode import log
from mailnode.errors import MailError, ProtocolError
from mailnode.octets import Octets
from mailnode.peers import Connections
from mailnode.proto.content import Vessel
from mailnode.proto.replies import Refused, Reply
from mailnode.room import Room, Share
from mailnode.settings import Networks
from mailnode.smtpd import tls
from mailnode.smtpd.reception import Envelope, Limits, Offers, Peer, Reception
from mailnode.smtpd.refusal import INTERNAL, refusal
from mailnode.smtpd.wire import Wire
from mailnode.streams import Door

IDLE = Reply(421, "4.4.2", "Nothing heard for too long, closing the connection")
STRANGER = Reply(421, "4.7.0", "It took too long to log in, closing the connection")
TOO_SLOW = Reply(421, "4.4.2", "The message took too long, closing the connection")
SHUTTING_DOWN = Reply(421, "4.3.2", "The server is going down for a while, please come back")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections from your address")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands without a message, closing the connection")

MAX_PENALTY = 60.0  # seconds that one group of commands may be made to wait

_log = log.get("smtpd")


class Obey(Protocol):
    """Runs one command line; ``mailnode.smtpd.commands.obey`` is the one."""

    def __call__(self, session: SmtpSession, line: bytes) -> Coroutine[Any, Any, None]: ...


Each = Callable[[Peer, Envelope, Octets], Awaitable[Sequence[Reply]]]


@dataclass(frozen=True, slots=True)
class Setup:
    """What all sessions of one door share. ``tls`` None: STARTTLS is not offered. ``each``: the door speaks LMTP,
    and this takes a message and answers for every recipient."""

    reception: Reception
    limits: Limits
    connections: Connections
    room: Room
    tls: ssl.SSLContext | None
    obey: Obey
    offers: Offers
    trusted: Networks = ()  # who may say for whom they speak (XCLIENT)
    each: Each | None = None


class SmtpSession(Wire):
    """One connection. Commands use the methods without underscore and the four public values."""

    def __init__(self, setup: Setup, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(setup.limits, loop)
        self.setup = setup
        self.reception = setup.reception
        self.peer = Peer("")
        self.mail: Envelope | None = None
        self.parts: Vessel | None = None  # the chunks of BDAT so far
        self.parts_share: Share | None = None  # and the room that they have
        self._door = door
        self.connected = ""  # who connected, whoever the peer speaks for
        self._address = ""  # that this connection is counted by
        self._login_deadline = loop.time() + (setup.limits.login or inf)
        self._crowded = False
        self._errors = 0
        self._refusals = 0
        self._commands = 0
        self._task: asyncio.Task[None] | None = None

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        self.peer = Peer(*self._door.peer_of(self, transport))
        tls.notice(self.peer, transport)
        self._secured = bool(self.peer.tls)
        self.connected = self._address = self.peer.address
        self._crowded = not self.setup.connections.enter(self._address)
        if self.setup.connections.total > self.setup.limits.crowd:
            self._patience = min(self._patience, self.setup.limits.hurried)
        self._touch()
        self._timer = self.loop.call_at(min(self._deadline, self._login_deadline), self._tick)
        self._task = self.loop.create_task(self._handle_client())
        self._door.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self._gone:
            return
        self._gone = True
        self.resume_writing()
        self._wire = None
        self._eof = self._ending = True
        self._content = None
        if self._timer is not None:
            self._timer.cancel()
        self._door.discard(self)
        self.setup.connections.leave(self._address)
        self.drop_parts()
        self._wake()

    # The commands' side.

    @property
    def secure(self) -> bool:
        return bool(self.peer.tls)

    def answer(self, reply: Reply | bytes) -> None:
        """Send a reply, soon. Replies that say no count against the client."""
        if isinstance(reply, bytes):
            self._out.append(reply)
            return
        if reply.permanent:
            self._errors += 1
        self._out.append(reply.encode())

    def answer_refusal(self, reply: Reply) -> None:
        """Send the refusal of a sender or recipient: it counts less than a broken command, and may be made to wait."""
        self._refusals += 1
        self._penalty = min(self._penalty + self.peer.delay, MAX_PENALTY)
        self._out.append(reply.encode())

    def count_command(self) -> None:
        """One more command that does not bring a message nearer by itself."""
        self._commands += 1

    def message_accepted(self) -> None:
        """Counting begins anew: this client delivers."""
        self._errors = self._refusals = self._commands = 0

    def end(self, *, in_step: bool = True) -> None:
        """Close once the replies so far are written; not ``in_step``: the client may be sending still."""
        self._ending = True
        self._linger = self._linger or not in_step

    def new_share(self) -> Share:
        """Room for a message that begins; whoever asks for it gives it back."""
        return self.setup.room.share(self.peer.address)

    def drop_parts(self) -> None:
        """Forget the chunks of BDAT and give their room back."""
        self.parts = None
        share, self.parts_share = self.parts_share, None
        if share is not None:
            share.give_back()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS, as if nothing had been said before. Raises OSError."""
        secured = await self._secure(context)
        self.peer.forget()
        tls.notice(self.peer, secured)
        self.mail = None

    async def begin(self) -> None:
        """The door's welcome, or why there is none; the conversation stands at its beginning (RFC 5321 §4.3.1)."""
        refused = TOO_MANY_CONNECTIONS if self._crowded else await self._welcome()
        if refused is not None:
            self._out.append(refused.encode())
            self.end()
            return
        delay = self.reception.greeting_delay(self.peer)
        if delay:
            await self.pause(delay, until_heard=True)
        self.peer.talked_early = self.peer.talked_early or self.waiting
        self.answer(Reply(220, "", f"{self.reception.hostname} {self.reception.banner}"))

    def become(self, peer: Peer) -> None:
        """Somebody trusted speaks for another client from now on: that one is counted. Raises ConnectionResetError
        when the connection has gone, since nobody would count that client out again."""
        if self._gone:
            raise ConnectionResetError
        self.setup.connections.leave(self._address)
        self.peer, self._address = peer, peer.address
        self._crowded = not self.setup.connections.enter(self._address)

    def drain(self) -> None:
        """The server goes down: say so as soon as no command is half done (see Door)."""
        self._draining = True
        self._wake()

    # One command after the other.

    async def _handle_client(self) -> None:
        try:
            await self._converse()
        except OSError:  # the connection broke, nobody is there to be told
            pass
        except Exception:
            _log.exception("session failed", peer=self.peer.address)
            self._out.append(INTERNAL.encode())
        await self._close()

    async def _converse(self) -> None:
        await self.begin()
        while not self._ending:
            try:
                line = await self.read_line()
                if line is None:
                    break
                await self.setup.obey(self, line)
            except Exception as error:
                self.answer(self.told(error))
            self._look_at_limits()
        if self._draining and not self._ending:
            self._out.append(SHUTTING_DOWN.encode())

    def _look_at_limits(self) -> None:
        limits = self.setup.limits
        if self._errors > limits.errors or self._refusals > limits.refusals:
            self._cut_off(TOO_MANY_ERRORS)
        elif self._commands > limits.commands:
            self._cut_off(TOO_MANY_COMMANDS)

    async def _welcome(self) -> Reply | None:
        try:
            return await self.reception.on_connect(self.peer)
        except Exception as error:
            return self.told(error)

    def told(self, error: Exception) -> Reply:
        """What the client hears of an exception."""
        if isinstance(error, Refused):
            return error.reply
        if isinstance(error, ProtocolError):
            return Reply(501, "5.5.2", str(error))
        if isinstance(error, MailError):
            return refusal(error)
        if isinstance(error, OSError) and self._wire is None:
            raise error
        _log.exception("command failed", peer=self.peer.address, exc_info=error)
        return INTERNAL

    # Time, and the end.

    def _tick(self) -> None:
        """Comes when a deadline may have passed, and sets itself for the next."""
        now = self.loop.time()
        slow = 0.0 < self._content_deadline <= now
        stranger = now >= self._login_deadline and self.peer.user_id is None
        waiting = self._resting or self._content is not None or self._congested is not None
        if slow or (waiting and (stranger or now >= self._deadline)):
            _log.info("client timed out", peer=self.peer.address, slow=slow, stranger=stranger)
            self._content = None
            self._cut_off(STRANGER if stranger else TOO_SLOW if slow else IDLE)
            self._wake()
            if self._congested is not None and self._wire is not None:  # it does not read either
                self._wire.abort()
            return
        if now >= self._deadline:
            self._touch()  # our own command is what takes long
        soon = max(self._login_deadline, now + 1) if self.peer.user_id is None else inf
        self._timer = self.loop.call_at(min(self._deadline, soon), self._tick)

    def _cut_off(self, reply: Reply) -> None:
        if not self._ending:
            _log.info("client cut off", peer=self.peer.address, reply=str(reply))
            self._out.append(reply.encode())
        self._ending = self._linger = True
