"""One SMTP connection: bytes in and out, time, and one command after the other.

aiosmtpd's SMTP is the protocol class; what it does on the open Internet is replaced:

- Its constructor inspects every method for each connection (150 µs) and makes a stream that is read
  line by line; here commands are cut by ``CommandReader`` and content goes to ``ContentReader`` in
  the chunks that arrive; what is large goes on into a file.
- Its timer is reset by commands only. Here any byte resets it, a whole content has a limit of its own,
  and whoever is cut off hears 421 (RFC 5321 §3.8).
- Its handler's exceptions reach the client as a permanent error. Here they are logged with their
  traceback and answered 451 without detail.

Invariants: replies are gathered and written when the client's group of commands is answered
(RFC 2920 §3.2); a message whose content came in whole is handed on even when the client is gone by then;
nothing is read while a command runs and 64 KiB wait.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, cast

from aiosmtpd.smtp import SMTP

from mailnode import log
from mailnode.errors import MailError, ProtocolError
from mailnode.peers import Connections
from mailnode.proto.content import ContentReader, SizedReader, Vessel
from mailnode.proto.lines import BadLine, CommandReader
from mailnode.proto.replies import Refused, Reply
from mailnode.room import Room, Share
from mailnode.smtpd import tls
from mailnode.smtpd.reception import Envelope, Limits, Peer, Reception
from mailnode.smtpd.refusal import INTERNAL, refusal
from mailnode.streams import Door

MAX_WAITING = 1 << 16
LINGER = 2.0  # seconds in which a client that is cut off may still read why

IDLE = Reply(421, "4.4.2", "Nothing heard for too long, closing the connection")
STRANGER = Reply(421, "4.7.0", "It took too long to log in, closing the connection")
TOO_SLOW = Reply(421, "4.4.2", "The message took too long, closing the connection")
SHUTTING_DOWN = Reply(421, "4.3.2", "The server is going down for a while, please come back")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections from your address")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands without a message, closing the connection")

_log = log.get("smtpd")


class Obey(Protocol):
    """Runs one command line; ``mailnode.smtpd.commands.obey`` is the one."""

    def __call__(self, session: SmtpSession, line: bytes) -> Coroutine[Any, Any, None]: ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What all sessions of one door share. ``tls`` None: STARTTLS is not offered."""

    reception: Reception
    limits: Limits
    connections: Connections
    room: Room
    tls: ssl.SSLContext | None
    obey: Obey


class SmtpSession(SMTP):
    """One connection. Commands use the methods without underscore and the four public values."""

    def __init__(self, setup: Setup, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        # Not SMTP.__init__: see the head of the file. Nothing of what it sets up is used.
        self.setup = setup
        self.reception = setup.reception
        self.peer = Peer("")
        self.mail: Envelope | None = None
        self.parts: Vessel | None = None  # the chunks of BDAT so far
        self.parts_share: Share | None = None  # and the room that they have
        self.loop = loop
        self._door = door
        self._wire: asyncio.Transport | None = None
        self._lines = CommandReader()
        self._content: ContentReader | SizedReader | None = None
        self._out: list[bytes] = []
        self._congested: asyncio.Future[None] | None = None  # the client does not read what we write
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._content_deadline = 0.0
        self._login_deadline = loop.time() + (setup.limits.login or inf)
        self._resting = False  # waiting for the client's next command
        self._halted = False  # reading is paused
        self._crowded = False
        self._linger = False  # the client may be sending still when we close
        self._gone = False
        self._eof = False
        self._ending = False
        self._draining = False
        self._errors = 0
        self._refusals = 0
        self._commands = 0
        self._task: asyncio.Task[None] | None = None

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername") or ("", 0)
        self.peer = Peer(str(name[0]).split("%")[0], int(name[1]) if len(name) > 1 else 0)
        tls.notice(self.peer, transport)
        self._crowded = not self.setup.connections.enter(self.peer.address)
        self._touch()
        self._timer = self.loop.call_at(min(self._deadline, self._login_deadline), self._tick)
        self._task = self.loop.create_task(self._handle_client())
        self._door.add(self)

    def data_received(self, data: bytes) -> None:
        self._touch()
        if self._ending:
            return
        if self._content is not None:
            rest = self._content.feed(data)
            if rest is None and not self._content.hopeless:
                return
            self._content = None
            data = rest or b""
        self._lines.feed(data)
        if len(self._lines) > MAX_WAITING and not self._resting and self._wire is not None:
            self._wire.pause_reading()
            self._halted = True
        self._wake()

    def pause_writing(self) -> None:
        self._congested = self.loop.create_future()

    def resume_writing(self) -> None:
        congested, self._congested = self._congested, None
        if congested is not None and not congested.done():
            congested.set_result(None)

    def eof_received(self) -> bool:
        self._eof = True
        self._content = None
        self._wake()
        return not self.peer.tls and not self._ending  # the way back stays open for the last replies

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
        self.setup.connections.leave(self.peer.address)
        self.drop_parts()
        self._wake()

    # The commands' side.

    @property
    def secure(self) -> bool:
        return bool(self.peer.tls)

    @property
    def waiting(self) -> bool:
        """True when the client has sent more than the command that runs."""
        return self._lines.waiting

    def answer(self, reply: Reply | bytes) -> None:
        """Send a reply, soon. Replies that say no count against the client."""
        if isinstance(reply, bytes):
            self._out.append(reply)
            return
        if reply.permanent:
            self._errors += 1
        self._out.append(reply.encode())

    def answer_refusal(self, reply: Reply) -> None:
        """Send the refusal of a sender or recipient: it counts less than a broken command."""
        self._refusals += 1
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

    async def read_line(self) -> bytes | None:
        """The next line, without CRLF. None: the conversation is over. Raises Refused for a bad line."""
        while True:
            line = self._lines.next_line()
            if isinstance(line, BadLine):
                if line.too_long:
                    raise Refused(500, "5.5.2", "The line is too long")
                raise Refused(500, "5.5.2", "A line ends in CRLF and holds no other CR, LF or NUL")
            if line is not None:
                return line
            await self.flush()
            if self._eof or self._draining or self._ending:
                return None
            self._resting = True
            await self._wait()
            self._resting = False

    async def read_content(self, reader: ContentReader | SizedReader) -> bool:
        """Let the client's bytes run into ``reader``. False when they never came to their end."""
        await self.flush()
        rest = reader.feed(self._lines.rest())
        if rest is None and not reader.hopeless:
            self._content = reader
            self._content_deadline = self.loop.time() + self.setup.limits.transaction
            while self._content is not None:
                await self._wait()
            self._content_deadline = 0.0
        elif rest:
            self._lines.feed(rest)
        return reader.ended

    def new_share(self) -> Share:
        """Room for a message that begins; whoever asks for it gives it back."""
        return self.setup.room.share(self.peer.address)

    def drop_parts(self) -> None:
        """Forget the chunks of BDAT and give their room back."""
        self.parts = None
        share, self.parts_share = self.parts_share, None
        if share is not None:
            share.give_back()

    def drop_waiting(self) -> None:
        """Forget what the client sent ahead."""
        self._lines.rest()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """The handshake. What was sent in clear is forgotten (RFC 3207 §4.2). Raises OSError."""
        await self.flush()
        wire = self._wire
        if wire is None:
            raise ConnectionResetError
        self.drop_waiting()  # nothing between here and start_tls gives way to data_received
        try:
            secured = await self.loop.start_tls(wire, self, context, server_side=True, ssl_handshake_timeout=30.0)
        except OSError as error:
            wire.abort()
            self.connection_lost(error)  # the transport tells it to TLS alone, which never reached us
            raise
        if secured is None or self._gone:
            raise ConnectionResetError
        self._wire = secured
        self.peer.forget()
        tls.notice(self.peer, secured)
        self.mail = None

    async def flush(self) -> None:
        """Write the replies so far, and wait while the client does not read them."""
        if self._out and self._wire is not None:
            self._wire.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
        if self._congested is not None:
            await self._congested

    def drain(self) -> None:
        """The server goes down: say so as soon as no command is half done (see Door)."""
        self._draining = True
        if self._resting:
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
        refused = TOO_MANY_CONNECTIONS if self._crowded else await self._welcome()
        if refused is not None:
            self._out.append(refused.encode())
            return
        self.peer.talked_early = self.waiting  # before our greeting: RFC 5321 §4.3.1
        self.answer(Reply(220, "", f"{self.reception.hostname} {self.reception.banner}"))
        while not self._ending:
            try:
                line = await self.read_line()
                if line is None:
                    break
                await self.setup.obey(self, line)
            except Exception as error:
                self.answer(self._told(error))
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
            return self._told(error)

    def _told(self, error: Exception) -> Reply:
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

    def _touch(self) -> None:
        self._deadline = self.loop.time() + self.setup.limits.idle

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

    async def _close(self) -> None:
        """Write what is left and close; where the client may still be sending, let it read first."""
        try:
            await self.flush()
        except OSError:
            return
        self._ending = True
        wire = self._wire
        if wire is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(LINGER, wire.abort)
        if self._linger and wire.can_write_eof() and not self._eof:
            wire.write_eof()  # a close with unread bytes would be a reset, and our last reply lost
        else:
            wire.close()

    async def _wait(self) -> None:
        if self._halted and self._wire is not None:
            self._halted = False
            self._wire.resume_reading()
        self._waiter = self.loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
