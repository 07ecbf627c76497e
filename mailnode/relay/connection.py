"""One SMTP connection to another host: the sans-IO client with a socket, a clock and TLS.

Opportunistic TLS proves no name: whoever cannot be verified is still safer to talk to in cipher than
in clear (RFC 3207 §4, RFC 7435). When the handshake fails the caller opens a new connection without
TLS. Where the host has something to prove (``demand``), it is proved before a word is said inside TLS: by
a certificate for the MX's name (RFC 8461 §4.2), or by DANE. A smarthost that is given a password always
must prove its name.

Nothing here raises for what the peer does: `open_connection` raises `CannotConnect` and `send` answers one
Result for each recipient, whatever happens.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import ssl
from dataclasses import dataclass, replace
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
from mailnode.queue.outcome import TlsLevel, Way
from mailnode.relay import dane
from mailnode.relay.demand import BY_CERTIFICATE, Demand, failure, unverified, verified
from mailnode.relay.racing import Unreachable, reach
from mailnode.relay.route import Host
from mailnode.settings import Smarthost

CONNECT_TIMEOUT = 30.0  # a host that is there answers a SYN in less
TLS_TIMEOUT = 60.0
BLOCK_TIMEOUT = 180.0


class CannotConnect(Exception):
    """No conversation came about. ``reply`` says why, in the peer's words or ours.

    ``way``: how far it came. ``tls``: for TLS's sake; then it is the kind of failure by the names of RFC 8460
    §4.3, else "".
    """

    def __init__(self, reply: Reply, way: Way, *, tls: str = "") -> None:
        super().__init__(str(reply))
        self.reply = reply
        self.way = way
        self.tls = tls


@dataclass(frozen=True, slots=True)
class Manner:
    """How to open: what we call ourselves, whether to try TLS, and a smarthost's needs."""

    hostname: str
    starttls: bool = True
    smarthost: Smarthost | None = None
    patience: float = 1.0  # times the waiting times of RFC 5321 §4.5.3.2
    source: str = ""  # the local address to connect from

    def without_tls(self) -> Manner:
        return replace(self, starttls=False)

    def demand(self, host: Host) -> Demand:
        """A password is sent only to who proves the name, and in clear to nobody."""
        if self.smarthost is not None and self.smarthost.user is not None:
            return BY_CERTIFICATE
        if self.smarthost is not None and self.smarthost.tls and not host.demand.tls:
            return replace(host.demand, tls=True)
        return host.demand

    def options(self, host: Host) -> ClientOptions:
        login = self.smarthost
        credentials = (login.user, login.password or "") if login and login.user else None
        secure = login is not None and login.tls
        wanted = self.demand(host)
        needed = wanted.tls and (wanted.strict or wanted.by_certificate)
        return ClientOptions(
            self.hostname,
            "never" if not self.starttls else "required" if needed else "opportunistic",
            secure,
            credentials,
            nonce=secrets.token_hex(12) if credentials else "",
        )


def context_for(wanted: Demand) -> ssl.SSLContext:
    return verified() if wanted.by_certificate else unverified()


def _name_for(host: Host, wanted: Demand) -> str | None:
    """What is asked for by SNI, and looked for in the certificate where that counts."""
    if wanted.names:
        return wanted.names[0]
    return host.name if wanted.by_certificate else None


class Connection(asyncio.Protocol):
    """A live conversation. Made by `open_connection`; send one message at a time, then `close`."""

    def __init__(self, host: Host, manner: Manner) -> None:
        self.host = host
        self.sent = 0  # messages handed over
        self.closed: Closed | None = None
        self.way = Way(host.name, host.address)
        self.demand = manner.demand(host)
        self._client = SmtpClient(manner.options(host))
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

    @property
    def promises_tls(self) -> bool:
        """True where the host has proved its name, and sends on only to such as do (RFC 8689 §3)."""
        return self.way.level.verified and bool(self.way.tls) and "REQUIRETLS" in self.features.keywords

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
        if transport.get_extra_info("ssl_object") is not None:
            self._note_tls(self._transport)

    def data_received(self, data: bytes) -> None:
        before = self._client.answers
        events = self._client.receive(data)
        self._take(events, answered=self._client.answers > before)

    def eof_received(self) -> None:
        self._lost()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(str(error) if error else "")

    # The machine and its events.

    def _take(self, events: list[Event], *, answered: bool = True) -> None:
        """A part of a reply buys no time: who sends a line now and then would keep the message for ever."""
        if answered:
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

    def _end(self, event: Closed, *, tls: str = "") -> None:
        self.closed = event
        if event.stage == "starttls" and not tls:
            tls = "starttls-not-supported"
        self._timer.cancel()
        if not self._ready.done():
            self._ready.set_exception(CannotConnect(event.reply, self.way, tls=tls))
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
                context_for(self.demand),
                server_hostname=_name_for(self.host, self.demand),
                ssl_handshake_timeout=TLS_TIMEOUT,
            )
            if secured is None:
                raise ConnectionError("the peer closed")
            self._note_tls(secured)
        except OSError as error:  # TLS errors and time-outs are of its family
            if self.closed is None:
                reply = Reply(451, "4.7.5", f"TLS with {self.host.name} failed: {_words(error)}")
                self._end(Closed("starttls", reply), tls=failure(error))
                self._client.eof()
            self._transport.abort()
            return
        self._transport = secured
        if self.closed is None:
            self._take(self._client.tls_started())

    def _note_tls(self, secured: asyncio.Transport) -> None:
        """Look at what was agreed on, and whether it proves what it has to. Raises NotProven."""
        tls = secured.get_extra_info("ssl_object")
        if self.demand.level is TlsLevel.DANE:
            dane.check(dane.chain_of(tls), self.demand.tlsa, self.demand.names)
        cipher = tls.cipher()
        words = f"{tls.version()} {cipher[0]}" if cipher else str(tls.version())
        self.way = Way(self.host.name, self.host.address, self.demand.level, words)

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


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(error.args[-1]) if isinstance(error, ssl.SSLError) and error.args else str(error)


async def open_connection(host: Host, manner: Manner, reached: socket.socket | None = None) -> Connection:
    """Connect, by a socket that has ``reached`` the host where there is one, and come to the point where a message
    can be sent. Raises CannotConnect."""
    loop = asyncio.get_running_loop()
    try:
        if reached is None:
            _, reached = await reach([host], manner.source, CONNECT_TIMEOUT)
        secure = manner.smarthost is not None and manner.smarthost.tls
        _, connection = await loop.create_connection(
            lambda: Connection(host, manner),
            sock=reached,
            ssl=context_for(manner.demand(host)) if secure else None,
            server_hostname=host.name if secure else None,
        )
    except Unreachable as error:
        raise cannot_reach(host, error.errors[-1]) from error
    except OSError as error:  # TLS errors and time-outs are of its family
        raise cannot_reach(host, error) from error
    try:
        await connection.ready()
    except asyncio.CancelledError:
        connection.abort()
        raise
    return connection


def cannot_reach(host: Host, error: OSError) -> CannotConnect:
    why = "no answer" if isinstance(error, TimeoutError) else _why_not(error)
    tls = failure(error) if isinstance(error, ssl.SSLError) else ""
    reply = Reply(451, "4.4.1", f"{host.name} [{host.address}]: {why}")
    return CannotConnect(reply, Way(host.name, host.address), tls=tls)


def _why_not(error: OSError) -> str:
    """In the system's words: asyncio puts its own, with Python's tuple of the address, in their place. TLS has numbers
    of its own."""
    if error.errno is not None and not isinstance(error, ssl.SSLError | socket.gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error)
