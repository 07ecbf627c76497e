"""One POP3 connection: lines in, replies out, one command after the other.

Pipelined commands wait as bytes (RFC 2449 §6.6). What was sent before TLS is forgotten when it
begins. Writing waits for a slow client, but not for one that reads nothing at all. The timeout is 10
minutes, the least that RFC 1939 §3 allows. A stranger, who has no session yet, has `LOGIN_SECONDS`, whatever he says
meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import cast

from mailnode import channel_binding, log
from mailnode.context import Context
from mailnode.errors import ProtocolError
from mailnode.peers import Connections, is_loopback
from mailnode.pop3 import dispatch
from mailnode.pop3.session import Session
from mailnode.proto import pop3
from mailnode.proto.sasl import Binding
from mailnode.streams import Door, unread

TIMEOUT = 600.0  # seconds
LOGIN_SECONDS = 120.0  # to log in, over all, however busy the client is
STALL_SECONDS = 120.0  # in which a client that is sent much must read some of it
LINGER = 30.0  # seconds in which a client may still read the last words
READ_AHEAD = 64 * 1024
CHUNK = 256 * 1024
MAX_ERRORS = 20
TURN = 20  # commands carried out before others have their turn
_log = log.get("pop3")


class _OutOfTime(ConnectionResetError):
    """The client has not been heard of in time, or a stranger has not logged in."""


class Connection(asyncio.Protocol):
    """The protocol object that the event loop drives; also what its door asks to drain."""

    def __init__(self, context: Context, connections: Connections, door: Door, *, tls: bool) -> None:
        self.peer = ""
        self._context = context
        self._connections = connections
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._lines = pop3.Lines()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()  # bytes came, or the client has gone
        self._room = asyncio.Event()  # the client has read
        self._room.set()
        self._lost = self._ended = self._draining = self._in_command = self._crowded = False
        self._timer: asyncio.TimerHandle | None = None
        self._since = self._loop.time()
        self._session = Session(context, self, tls=tls)

    # What the event loop and the door call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self._transport is None
        self._transport = cast(asyncio.Transport, transport)
        if first:
            self.peer, _ = self._door.peer_of(self, transport)
            self._door.add(self)
            self._crowded = not self._connections.enter(self.peer) and not is_loopback(self.peer)
            self._task = self._loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._lines.feed(data)
        self._more.set()
        if len(self._lines) > READ_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Nothing more will come; what was asked before is still answered; but TLS ends both ways at once."""
        self._ended = True
        self._more.set()
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._connections.leave(self.peer)
        if self._timer is not None:
            self._timer.cancel()
        self._more.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def drain(self) -> None:
        """End as soon as no command is half done; nothing is removed that QUIT has not asked for."""
        self._draining = True
        if not self._in_command:
            self._more.set()

    # What the session calls

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._lost:
            self._transport.write(data)

    async def line(self) -> bytes:
        """The next line. Raises ConnectionResetError when none will come, ProtocolError when it is too long."""
        self._require_time()
        while (line := self._lines.next_line()) is None:
            if self._lost or self._ended or (self._draining and not self._in_command):
                raise ConnectionResetError
            self._more.clear()
            if self._transport is not None and not self._transport.is_reading():
                self._transport.resume_reading()
            try:
                await asyncio.wait_for(self._more.wait(), self._left())
            except TimeoutError:
                raise _OutOfTime from None
        return line

    def _left(self) -> float:
        """Seconds in which the client must be heard of."""
        return TIMEOUT if self._session.drop else self._since + LOGIN_SECONDS - self._loop.time()

    def _require_time(self) -> None:
        if self._left() <= 0:
            raise _OutOfTime

    def bindings(self) -> Sequence[Binding]:
        """What a login can be bound to; nothing without TLS."""
        inside = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return channel_binding.of(inside)

    async def begin_tls(self, context: ssl.SSLContext) -> None:
        assert self._transport is not None
        self._lines.clear()
        transport = await self._loop.start_tls(
            self._transport, self, context, server_side=True, ssl_handshake_timeout=30
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    # Working

    async def _serve(self) -> None:
        try:
            if self._crowded:
                self.write(pop3.err("There are too many connections from your address", "SYS/TEMP"))
            else:
                self.write(pop3.ok("Mailnode ready"))
                await self._commands()
        except _OutOfTime:
            _log.info("timeout", peer=self.peer, stranger=self._session.drop is None)
        except OSError:
            pass
        finally:
            self._close()
            await self._session.leave()
            self._door.discard(self)

    async def _commands(self) -> None:
        mistakes = done = 0
        while not self._session.over and mistakes < MAX_ERRORS:
            done += 1
            if done % TURN == 0:
                await asyncio.sleep(0)
            try:
                line = await self.line()
                self._in_command = True
                reply = await dispatch.execute(self._session, line)
            except ProtocolError as error:
                reply = pop3.err(str(error))
            mistakes = mistakes + 1 if reply.startswith(b"-ERR") else 0
            await self.send(reply)
            self._in_command = False

    async def send(self, reply: bytes) -> None:
        """Raises ConnectionResetError. In pieces, so that a slow client's message does not wait in our memory twice."""
        for at in range(0, len(reply), CHUNK):
            await self._until_read()
            self.write(reply[at : at + CHUNK])

    async def _until_read(self) -> None:
        """Wait while the client reads what was sent. Raises ConnectionResetError when it does not."""
        waiting = -1
        while not self._room.is_set() and self._transport is not None:
            before, waiting = waiting, unread(self._transport)
            if before >= 0 and waiting >= before:
                _log.info("reads nothing", peer=self.peer)
                self._transport.abort()
                raise ConnectionResetError
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), STALL_SECONDS)
        if self._lost:
            raise ConnectionResetError

    def _close(self) -> None:
        if self._transport is not None and not self._lost:
            if self._draining and not self._session.over:
                self.write(pop3.err("Mailnode is going down, come back in a moment", "SYS/TEMP"))
            self._transport.close()
            self._timer = self._loop.call_later(LINGER, self._transport.abort)
