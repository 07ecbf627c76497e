"""The bytes of one SMTP connection: lines and content in, replies out, and waiting for the client.

aiosmtpd's SMTP is the protocol class; what it does on the open Internet is replaced:

- Its constructor inspects every method for each connection (150 µs) and makes a stream that is read
  line by line; here commands are cut by ``CommandReader`` and content goes to ``ContentReader`` in
  the chunks that arrive; what is large goes on into a file.

Invariants: replies are gathered and written when the client's group of commands is answered
(RFC 2920 §3.2); nothing is read while a command runs and 64 KiB wait.
"""

from __future__ import annotations

import asyncio
import ssl

from aiosmtpd.smtp import SMTP

from mailnode.proto.content import OVERRUN, ContentReader, SizedReader
from mailnode.proto.lines import BadLine, CommandReader
from mailnode.proto.replies import Refused
from mailnode.smtpd.reception import Limits

MAX_WAITING = 1 << 16
LINGER = 2.0  # seconds in which a client that is cut off may still read why
HANDSHAKE_SECONDS = 30.0


class Wire(SMTP):
    """What a session needs of its connection; `SmtpSession` gives it its meaning."""

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        # Not SMTP.__init__: see the head of the file. Nothing of what it sets up is used.
        self.loop = loop
        self._limits = limits
        self._patience = limits.idle
        self._wire: asyncio.Transport | None = None
        self._lines = CommandReader()
        self._content: ContentReader | SizedReader | None = None
        self._out: list[bytes] = []
        self._penalty = 0.0  # seconds that what is to be written waits for
        self._congested: asyncio.Future[None] | None = None  # the client does not read what we write
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._content_deadline = 0.0
        self._resting = False  # waiting for the client's next command
        self._halted = False  # reading is paused
        self._linger = False  # the client may be sending still when we close
        self._secured = False
        self._gone = False
        self._eof = False
        self._ending = False
        self._draining = False

    # The transport's side.

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
        if self._lines.waiting > MAX_WAITING and not self._resting and self._wire is not None:
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
        return not self._secured and not self._ending  # the way back stays open for the last replies

    # The commands' side.

    @property
    def waiting(self) -> bool:
        """True when the client has sent more than the command that runs."""
        return self._lines.waiting > 0

    def drop_waiting(self) -> None:
        """Forget what the client sent ahead."""
        self._lines.rest()

    async def read_line(self) -> bytes | None:
        """The next line, without CRLF. None: the conversation is over. Raises Refused for a bad line."""
        while True:
            line = self._lines.next_line() if self._lines.waiting else None
            if isinstance(line, bytes):
                return line
            if line is None and self._lines.dropped > OVERRUN:
                self._ending = self._linger = True
                line = BadLine(too_long=True)
            if line is not None:
                raise _refused(line)
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
            self._content_deadline = self.loop.time() + self._limits.transaction
            while self._content is not None:
                await self._wait()
            self._content_deadline = 0.0
        elif rest:
            self._lines.feed(rest)
        return reader.ended

    async def flush(self) -> None:
        """Write the replies so far, and wait while the client does not read them."""
        if self._penalty:
            seconds, self._penalty = self._penalty, 0.0
            await self.pause(seconds)
        if self._out and self._wire is not None:
            self._wire.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
        if self._congested is not None:
            await self._congested

    async def pause(self, seconds: float, *, until_heard: bool = False) -> None:
        """Let the client wait: nothing is kept for it meanwhile but what it had sent.

        Ends early when the client goes or the server does; with ``until_heard`` also when it speaks.
        """
        over = False

        def ring() -> None:
            nonlocal over
            over = True
            self._wake()

        timer = self.loop.call_later(seconds, ring)
        while not (over or self._gone or self._eof or self._draining or (until_heard and self.waiting)):
            self._waiter = self.loop.create_future()  # not `_wait`, which would read on
            await self._waiter
        timer.cancel()

    async def _secure(self, context: ssl.SSLContext) -> asyncio.Transport:
        """The handshake. What was sent in clear is forgotten (RFC 3207 §4.2). Raises OSError."""
        await self.flush()
        wire = self._wire
        if wire is None:
            raise ConnectionResetError
        self.drop_waiting()  # nothing between here and start_tls gives way to data_received
        try:
            secured = await self.loop.start_tls(
                wire, self, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:
            wire.abort()
            self.connection_lost(error)  # the transport tells it to TLS alone, which never reached us
            raise
        if secured is None or self._gone:
            raise ConnectionResetError
        self._wire, self._secured = secured, True
        return secured

    # Time, and the end.

    def _touch(self) -> None:
        self._deadline = self.loop.time() + self._patience

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


def _refused(line: BadLine) -> Refused:
    if line.too_long:
        return Refused(500, "5.5.2", "The line is too long")
    return Refused(500, "5.5.2", "A line ends in CRLF and holds no other CR, LF or NUL")
