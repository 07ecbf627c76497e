"""One SMTP connection to another host: the sans-IO client with a socket, a clock and TLS.

Opportunistic TLS proves no name: whoever cannot be verified is still safer to talk to in cipher than
in clear (RFC 3207 §4, RFC 7435). When the handshake fails the caller opens a new connection without
TLS. Only a smarthost that is given a password must prove its name.

Nothing here raises for what the peer does: `open_connection` raises `CannotConnect` and `send` answers one
Result for each recipient, whatever happens.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from mailnode.proto.replies import Reply
from mailnode.proto.smtp_client import SmtpClient
from mailnode.proto.smtp_client_values import (
    ClientOptions,
    Closed,
    Event,
    Features,
    Finished,
    Message,
    Ready,
    Result,
    StartTls,
)
from mailnode.relay.route import Host
from mailnode.settings import Smarthost

CONNECT_TIMEOUT = 30.0  # a host that is there answers a SYN in less
TLS_TIMEOUT = 60.0
BLOCK_TIMEOUT = 180.0


class CannotConnect(Exception):
    """No conversation came about. ``reply`` says why, in the peer's words or ours; ``tls``: the handshake failed."""

    def __init__(self, reply: Reply, *, tls: bool = False) -> None:
        super().__init__(str(reply))
        self.reply = reply
        self.tls = tls


@dataclass(frozen=True, slots=True)
class Manner:
    """How to open: what we call ourselves, whether to try TLS, and a smarthost's needs."""

    hostname: str
    starttls: bool = True
    smarthost: Smarthost | None = None
    patience: float = 1.0  # times the waiting times of RFC 5321 §4.5.3.2

    @property
    def needs_tls(self) -> bool:
        """A password is never sent in clear."""
        return self.smarthost is not None and (self.smarthost.tls or self.smarthost.user is not None)

    def without_tls(self) -> Manner:
        return replace(self, starttls=False)

    def options(self) -> ClientOptions:
        login = self.smarthost
        credentials = (login.user, login.password or "") if login and login.user else None
        secure = login is not None and login.tls
        if not self.starttls:
            return ClientOptions(self.hostname, "never", secure, credentials)
        return ClientOptions(self.hostname, "required" if credentials else "opportunistic", secure, credentials)

    def context(self) -> ssl.SSLContext:
        return verified() if self.smarthost and self.smarthost.user else unverified()


@cache
def unverified() -> ssl.SSLContext:
    """TLS that hides what is said and proves nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache
def verified() -> ssl.SSLContext:
    return ssl.create_default_context()


class Connection(asyncio.Protocol):
    """A live conversation. Made by `open_connection`; send one message at a time, then `close`."""

    def __init__(self, host: Host, manner: Manner) -> None:
        self.host = host
        self.sent = 0  # messages handed over
        self.closed: Closed | None = None
        self._client = SmtpClient(manner.options())
        self._manner = manner
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._finished: asyncio.Future[tuple[Result, ...]] | None = None
        self._deadline = self._loop.time() + self._client.timeout * manner.patience
        self._closing = False
        self._timer = self._loop.call_at(self._deadline, self._look_at_clock)
        self._unsent = 0  # octets that waited in the socket's buffer when the clock was last looked at
        self._handshake: asyncio.Task[None] | None = None

    @property
    def features(self) -> Features:
        return self._client.features

    @property
    def usable(self) -> bool:
        """True while another message can be sent."""
        return self.closed is None and self._finished is None

    async def ready(self) -> None:
        """Wait for greeting, EHLO, TLS and login. Raises CannotConnect."""
        await self._ready

    async def send(self, message: Message) -> tuple[Result, ...]:
        """Hand one message over; answers one Result for each recipient, in their order."""
        self._finished = waiting = self._loop.create_future()
        self._take(self._client.submit(message))
        try:
            results: tuple[Result, ...] = await waiting
        finally:
            self._finished = None
        self.sent += 1
        return results

    def close(self) -> None:
        """Say QUIT and let go; nobody waits for the answer. A message under way is broken off."""
        if self._finished is not None:
            self.abort()
        if self.closed is None:
            self._closing = True
            self._client.quit()
            self._take([])

    def abort(self) -> None:
        """Close without a word; a message under way ends as lost."""
        self._lost("The connection was given up")

    # asyncio calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._take(self._client.receive(data))

    def eof_received(self) -> None:
        self._lost()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(str(error) if error else "")

    # The machine and its events.

    def _take(self, events: list[Event]) -> None:
        self._deadline = self._loop.time() + self._client.timeout * self._manner.patience
        for event in events:
            match event:
                case Ready():
                    if not self._ready.done():
                        self._ready.set_result(None)
                case Finished(results):
                    if self._finished is not None and not self._finished.done():
                        self._finished.set_result(results)
                case StartTls():
                    self._handshake = self._loop.create_task(self._start_tls())
                case Closed():
                    self._end(event)
        self._write()

    def _write(self) -> None:
        data = self._client.send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
        if self.closed is not None and self._transport is not None:
            self._transport.close()

    def _end(self, event: Closed, *, tls: bool = False) -> None:
        self.closed = event
        self._timer.cancel()
        if not self._ready.done():
            self._ready.set_exception(CannotConnect(event.reply, tls=tls))
            self._ready.exception()  # it was looked at, even when nobody waits any more

    def _lost(self, why: str = "") -> None:
        if self.closed is None:
            self._take(self._client.eof(why))

    async def _start_tls(self) -> None:
        assert self._transport is not None
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                self._manner.context(),
                server_hostname=self.host.name if self._manner.smarthost else None,
                ssl_handshake_timeout=TLS_TIMEOUT,
            )
            if secured is None:
                raise ConnectionError("the peer closed")
        except OSError as error:  # TLS errors and time-outs are of its family
            if self.closed is None:
                self._end(Closed("starttls", Reply(451, "4.7.5", f"TLS failed: {error}")), tls=True)
                self._client.eof()
            self._transport.abort()
            return
        self._transport = secured
        if self.closed is None:
            self._take(self._client.tls_started())

    def _look_at_clock(self) -> None:
        """One timer for each connection; the clock is looked at when the time may be over."""
        now = self._loop.time()
        unsent = self._transport.get_write_buffer_size() if self._transport is not None else 0
        moves, self._unsent = 0 < unsent < self._unsent, unsent
        idle = self._finished is None and self._ready.done() and not self._closing
        if now >= self._deadline and not idle and not moves:
            self._lost("The server did not answer in time")
        elif now >= self._deadline:
            # A long message on a slow line moves: RFC 5321 §4.5.3.2.5 counts from block to block.
            self._deadline = now + BLOCK_TIMEOUT * self._manner.patience
        if self.closed is None:
            self._timer = self._loop.call_at(self._deadline, self._look_at_clock)


async def open_connection(host: Host, manner: Manner) -> Connection:
    """Connect and come to the point where a message can be sent. Raises CannotConnect."""
    loop = asyncio.get_running_loop()
    smarthost = manner.smarthost
    secure = smarthost is not None and smarthost.tls
    try:
        _, connection = await asyncio.wait_for(
            loop.create_connection(
                lambda: Connection(host, manner),
                host.address,
                host.port,
                ssl=manner.context() if secure else None,
                server_hostname=host.name if secure else None,
            ),
            CONNECT_TIMEOUT,
        )
    except OSError as error:  # TLS errors and time-outs are of its family
        why = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error))
        raise CannotConnect(Reply(451, "4.4.1", f"{host.name} [{host.address}]: {why}")) from error
    try:
        await connection.ready()
    except asyncio.CancelledError:
        connection.abort()
        raise
    return connection
