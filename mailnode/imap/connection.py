"""One IMAP connection: bytes in, commands out to the session one after the other, answers back.

Invariants:

- A task lives only while a command runs. A connection that waits, in IDLE too, is this object, its framer
  and its session: no coroutine, no stream reader, one timer.
- Commands are carried out in the order they came; pipelined ones wait as bytes in the framer. When too many
  wait, reading from the socket stops (RFC 9051 §5.5).
- Writing waits for a slow client, so that a large FETCH is never held in memory as a whole.
- One address has a limited number of connections; the loopback, where gateways and web clients live, has not.
- What was sent before TLS began is forgotten when it begins (RFC 9051 §11.1).

Timeouts: a stranger has `LOGIN_SECONDS`, whatever he says meanwhile. RFC 9051 §5.4 asks for at least 30 minutes
once a user has logged in.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import cast

from mailnode import channel_binding, log
from mailnode.context import Context
from mailnode.errors import ProtocolError
from mailnode.imap import dispatch, idle
from mailnode.imap.compression import Deflate
from mailnode.imap.session import Session, greeting
from mailnode.imap.shared import Shared
from mailnode.peers import is_loopback
from mailnode.proto.imap import responses
from mailnode.proto.imap.framing import SMALL_LITERAL, Continue, Frame, Framer, Refused
from mailnode.proto.sasl import Binding
from mailnode.streams import Door, unread

LOGIN_SECONDS = 120.0  # to log in, over all, however busy the client is
IDLE_SECONDS = 30 * 60 + 60.0
STALL_SECONDS = 120.0  # in which a client that is sent much must read some of it
LINGER = 30.0  # seconds in which a client may still read the last words
WRITE_HIGH = 256 * 1024
READ_AHEAD = 64 * 1024
MAX_ERRORS = 20
TURN = 20  # commands carried out before others have their turn
GOING_DOWN = "Mailnode is going down, come back in a moment"

_log = log.get("imap")


class Connection(asyncio.Protocol):
    """The protocol object that the event loop drives; also what its door asks to drain."""

    __slots__ = (
        "_connections",
        "_deflate",
        "_door",
        "_draining",
        "_ending",
        "_errors",
        "_framer",
        "_heard",
        "_loop",
        "_more",
        "_paused_reading",
        "_room",
        "_stranger_since",
        "_task",
        "_timer",
        "_transport",
        "_unread",
        "session",
    )

    def __init__(self, context: Context, shared: Shared, door: Door, *, tls: bool) -> None:
        self._connections = shared.connections
        self._deflate: Deflate | None = None  # once the client has asked for it
        self._door = door
        self._framer = Framer()
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._more: asyncio.Future[None] | None = None  # a command waits for its client's next line
        self._room: asyncio.Future[None] | None = None  # a command waits until the client has read
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard = self._stranger_since = self._loop.time()
        self._unread = 0  # octets that waited for the client when that was last looked at
        self._errors = 0
        self._ending = False  # no more will come from the client, or the door is closing
        self._draining = False
        self._paused_reading = False
        self.session = Session(context, shared, self, tls=tls)

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self._transport is None
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH)
        if not first:  # TLS has begun on the connection
            return
        self.session.peer, _ = self._door.peer_of(self, transport)
        self._door.add(self)
        self._framer.share = self.session.context.room.share(self.session.peer)
        if not self._connections.enter(self.session.peer) and not is_loopback(self.session.peer):
            self._farewell("There are too many connections from your address")
            return
        self._timer = self._loop.call_later(LOGIN_SECONDS, self._watch)
        self.write(greeting(self.session))

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._deflate is None:
            self._framer.feed(data)
        else:
            self._deflate.feed(data)
            if not self._unpack():
                return
        if self._more is not None:
            self._more.set_result(None)
            self._more = None
        elif self._task is None:
            self._start()
        elif self._framer.buffered > READ_AHEAD and not self._framer.in_literal:
            self._pause_reading()

    def eof_received(self) -> bool:
        """What was sent before is still carried out; a half-sent command is not. TLS ends both ways at once."""
        self._ending = True
        if self._more is not None:
            self._more.set_exception(ConnectionResetError())
            self._more = None
        return self._task is not None and not self._is_secured

    def connection_lost(self, exc: Exception | None) -> None:
        self._ending = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._give_back()
        self.session.leave()
        self.session.stop_watching()
        self._connections.leave(self.session.peer)
        self._door.discard(self)

    def pause_writing(self) -> None:
        self._room = self._room or self._loop.create_future()
        self._unread = self._waiting_octets()
        self._watch_in(STALL_SECONDS)

    def resume_writing(self) -> None:
        self._heard = self._loop.time()
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    # What the door and the session call

    def drain(self) -> None:
        """RFC 9051 §7.1.5: BYE may come at any time; a running command is finished first."""
        self._ending = self._draining = True
        if self._task is None or self._more is not None:
            self._farewell(GOING_DOWN)

    def write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data if self._deflate is None else self._deflate.pack(data))

    async def written(self) -> None:
        """Returns when the client has read enough for more to be written. Raises ConnectionResetError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        if self._room is not None:
            await self._room

    async def line(self) -> bytes | None:
        """The next line that the client sends inside a command, None for one that was too long.

        Raises ConnectionResetError.
        """
        while True:
            event = self._framer.next_event()
            if isinstance(event, Refused):
                return None
            if isinstance(event, Continue):  # a literal has no place here, but its sender waits
                self.write(responses.continuation())
            elif event is not None:
                return None if event.literals else event.text
            elif not self._unpack():
                await self._wait_for_bytes()

    async def begin_tls(self, context: ssl.SSLContext) -> None:
        """TLS from here on. Raises OSError (ssl.SSLError among them) when it cannot be agreed on."""
        assert self._transport is not None
        self._framer.clear()
        transport = await self._loop.start_tls(
            self._transport, self, context, server_side=True, ssl_handshake_timeout=30
        )
        if transport is None:
            raise ConnectionResetError
        self.connection_made(transport)

    @property
    def _is_secured(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    def bindings(self) -> Sequence[Binding]:
        """What a login can be bound to; nothing without TLS."""
        inside = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return channel_binding.of(inside)

    def begin_compression(self) -> None:
        """DEFLATE from here on, both ways; what was sent before the answer does not count."""
        self._framer.clear()
        self._deflate = Deflate()

    def _unpack(self) -> bool:
        """A piece of what waits compressed becomes readable; False when nothing waits."""
        if self._deflate is None or not self._deflate.waiting:
            return False
        try:
            self._framer.feed(self._deflate.unpack())
        except ProtocolError:
            self._abort()
            return False
        if self._deflate.waiting:
            self._pause_reading()
        return True

    def logged_out(self) -> None:
        self._stranger_since = self._loop.time()
        self._watch_in(LOGIN_SECONDS)
        self._framer.literal_limit = self._framer.append_limit = SMALL_LITERAL

    def logged_in(self, message_size: int) -> None:
        """Who has logged in may send more."""
        self._framer.literal_limit = READ_AHEAD
        self._framer.append_limit = message_size

    def wake(self) -> None:
        """The user's mail has changed: tell a client that idles, or that wants to hear of it anyway (NOTIFY)."""
        if self._task is None and not self._ending and self.session.listens:
            self._task = self._loop.create_task(self._tell())

    # Working

    def _start(self) -> None:
        """A task for what has arrived, when there is something whole."""
        event = self._next_event()
        if event is not None:
            self._task = self._loop.create_task(self._work(event))

    def _next_event(self) -> Frame | Refused | None:
        """The next command, unless the connection ends; whoever waits to send a literal may do so."""
        while not (self.session.over or self._draining):
            event = self._framer.next_event()
            if isinstance(event, Continue):
                self.write(responses.continuation())
            elif event is not None or not self._unpack():
                return event
        return None

    async def _work(self, first: Frame | Refused) -> None:
        """Carry out what has arrived, until nothing whole is left or the connection ends."""
        done = 0
        event: Frame | Refused | None = first
        try:
            while event is not None and not self._draining:
                done += 1
                if done % TURN == 0:
                    await asyncio.sleep(0)
                if isinstance(event, Refused):
                    self._count(ok=event.no_room)
                    self.write(dispatch.refuse(event))
                else:
                    self._count(ok=await dispatch.execute(self.session, event))
                self._give_back()  # what the command brought is stored, or nobody wants it
                self._resume_reading()
                await self.written()
                event = self._next_event()
        except ConnectionResetError:
            self._abort()
        except Exception:
            _log.exception("connection failed", peer=self.session.peer)
            self._abort()
        finally:
            self._task = None
            self._settle()

    async def _tell(self) -> None:
        """One round of news for a client that listens; what it has sent meanwhile is read afterwards."""
        try:
            await idle.tell(self.session)
            await self.written()
        except ConnectionResetError:
            self._abort()
        finally:
            self._task = None
            self._start()
            if self._task is None:
                self._settle()

    def _settle(self) -> None:
        """After the last command: go, or tell a client that listens what has happened meanwhile."""
        self._resume_reading()
        if self.session.over:
            self._close()
        elif self._ending:
            self._farewell(GOING_DOWN)
        elif self.session.has_news:
            self.wake()

    async def _wait_for_bytes(self) -> None:
        if self._ending:
            raise ConnectionResetError
        self._resume_reading()
        self._more = self._loop.create_future()
        await self._more

    def _count(self, *, ok: bool) -> None:
        """Somebody who only makes mistakes is no mail client."""
        self._errors = 0 if ok else self._errors + 1
        if self._errors >= MAX_ERRORS:
            self.write(responses.bye("Too many commands that could not be understood"))
            self.session.over = True

    def _give_back(self) -> None:
        if self._framer.share is not None:
            self._framer.share.give_back()

    def _pause_reading(self) -> None:
        if not self._paused_reading and self._transport is not None:
            self._paused_reading = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._deflate is not None and self._deflate.waiting:
            return
        # Without a task, and within a literal, nothing can be done before more has come.
        wanted = self._task is None or self._framer.in_literal or self._framer.buffered <= READ_AHEAD
        if self._paused_reading and self._transport is not None and wanted:
            self._paused_reading = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _watch(self) -> None:
        """The timer: end the connection if nothing was heard for too long, else look again later."""
        now = self._loop.time()
        left = self._heard + IDLE_SECONDS - now
        if self._room is not None:
            left = 0.0 if self._stalls() else STALL_SECONDS
        if self.session.user is None:
            left = min(left, self._stranger_since + LOGIN_SECONDS - now)
        if left > 0:
            self._watch_in(left)
            return
        stranger = self.session.user is None
        _log.info("timeout", peer=self.session.peer, stranger=stranger)
        self.write(responses.bye("It took too long to log in" if stranger else "Nothing was heard for too long"))
        if self._task is None:
            self._close()
        else:
            self._abort()

    def _watch_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._watch)

    def _waiting_octets(self) -> int:
        return unread(self._transport) if self._transport is not None else 0

    def _stalls(self) -> bool:
        """True when the client has read nothing of what it is sent since this was last asked."""
        before, self._unread = self._unread, self._waiting_octets()
        return self._unread >= before

    def _farewell(self, text: str) -> None:
        self.write(responses.bye(text))
        self._close()

    def _close(self) -> None:
        """Let the last words be read, but not for ever."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(LINGER, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
