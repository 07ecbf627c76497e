"""HTTPS: the web process ends TLS by itself, so that one machine needs no proxy in front of it.

granian knows one certificate, from its start on. Here clients are shown the certificate of the name that they ask for,
and new ones are loaded while connections stay open (`mailnode.certificates`). What is behind the TLS goes byte by byte
to a granian of our own, on a port of the loopback interface, and whom a request comes from is known by our end of that
connection. Whoever else on this machine connects there is sent away, and so is a request that is read after its client
has gone: taken for one from this machine, it would have the rights of those. Nor is it taken for another client's: the
loopback interface has 16 million addresses, and each connection comes from any of them.

Beside plain HTTP a certificate that cannot be used does not end the process: it may be renewed by way of that (RFC 8555
§8.3). TLS begins with the first certificate that can.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Network
from secrets import randbelow
from typing import Any

from backend.front import Body, Front
from mailnode import certificates, log
from mailnode.listening import BACKLOG, bind, bound_to
from mailnode.settings import BadSettings, Listen, Settings

HANDSHAKE_SECONDS = 20.0
GOODBYE_SECONDS = 1.0  # at the end of this process, to take what is left
CLOSE_SECONDS = 60.0  # to take what is left of an answer after which the connection is closed
CERTIFICATE_SECONDS = 10.0  # between two looks at the files
TRIES, PAUSE = 20, 0.1  # to reach what is behind; seconds
PIECE = 64 * 1024  # bytes read at once, and held for a client that takes none
PROTOCOLS = ("h2", "http/1.1")  # RFC 7301; granian hears from the first bytes which one it is
LOOPBACK = Listen("127.0.0.1", 0)
ADDRESSES = IPv4Network("127.0.0.0/8")
_log = log.get("web")


class Inside:
    """granian's target behind the TLS: ``front``, with the client's address."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.clients: dict[str, str] = {}  # by "host:port" of our end of the connection

    async def __rsgi__(self, scope: Any, proto: Body) -> None:
        client = self.clients.get(scope.client)
        if client is None:
            proto.response_empty(403, [])
        else:
            await self.front.serve(scope, proto, client)


class Secured:
    """All that listens for TLS, served and stopped like a granian. ``begin`` makes the one behind it."""

    def __init__(
        self, settings: Settings, front: Front, begin: Callable[[Inside, Listen], Any], *, waits: bool = False
    ) -> None:
        """Raises BadSettings where no certificate can be used, unless it ``waits`` for one."""
        self._settings = settings
        self._seen = certificates.state(settings)
        self._context: certificates.ServerContext | None = None
        self._certified = asyncio.Event()
        self._missed = ""  # what was said last of a certificate that is waited for
        if waits:
            self.load()
        else:
            self._begin(certificates.context(settings, PROTOCOLS))
        self._inside = Inside(front)
        self._kept = bind(LOOPBACK)  # so that no other program has the port
        self._place = bound_to(self._kept[0])
        self._granian = begin(self._inside, self._place)
        self._servers: list[asyncio.Server] = []
        self._relays: set[asyncio.Task[Any]] = set()

    async def serve(self) -> None:
        """Until `stop`. Raises OSError."""
        granian = asyncio.create_task(self._granian.serve())
        watching = asyncio.create_task(self._watch())
        opening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait([granian, opening], return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                await opening
            await granian
        finally:
            self.stop()
            opening.cancel()
            watching.cancel()
            for one in self._kept:
                one.close()
            if self._relays:  # who was there is given the last bytes
                await asyncio.wait(self._relays, timeout=GOODBYE_SECONDS)

    def stop(self) -> None:
        """Accept nobody more; requests that run are finished."""
        for server in self._servers:
            server.close()
        self._granian.stop()

    @property
    def waits(self) -> bool:
        """Whether there is no certificate yet."""
        return self._context is None

    def load(self) -> None:
        """Show the certificates that lie there now to whoever comes from here on."""
        try:
            if self._context is None:
                self._begin(certificates.context(self._settings, PROTOCOLS))
            else:
                certificates.load(self._context, self._settings)
        except BadSettings as error:
            self._tell(str(error))

    def _begin(self, context: certificates.ServerContext) -> None:
        self._context = context
        self._certified.set()

    def _tell(self, error: str) -> None:
        if self._context is not None:
            _log.error("certificate not loaded", error=error)
        elif error != self._missed:
            self._missed = error
            _log.error("HTTPS is not served", error=error)

    async def _watch(self) -> None:
        """Load what changes on the disk, such as a certificate that was renewed; until it is cancelled."""
        while True:
            await asyncio.sleep(CERTIFICATE_SECONDS)
            now = certificates.state(self._settings)
            if now != self._seen or self.waits:  # whose files may only be allowed to be read by now
                self._seen = now
                self.load()

    async def _listen(self) -> None:
        """As soon as there is a certificate. Raises OSError."""
        late = self.waits
        await self._certified.wait()
        for one in (one for listen in self._settings.listen_https for one in bind(listen)):
            self._servers.append(
                await asyncio.start_server(
                    self._relay,
                    sock=one,
                    ssl=self._context,
                    limit=PIECE,
                    backlog=BACKLOG,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                    ssl_shutdown_timeout=CLOSE_SECONDS,
                )
            )
        if late:
            _log.info("serving", addresses=[str(listen) for listen in self._settings.listen_https])

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        task.add_done_callback(self._relays.discard)
        with contextlib.suppress(OSError):
            await self._through(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """To granian and back. Raises OSError where it cannot be had."""
        peer = writer.get_extra_info("peername")
        if peer is None:  # gone already
            return
        writer.transport.set_write_buffer_limits(PIECE)
        behind, before = await self._connect()
        ours = str(Listen(*before.get_extra_info("sockname")[:2]))
        self._inside.clients[ours] = peer[0]
        try:
            await _either(_pass_on(reader, before), _pass_on(behind, writer))
        finally:
            del self._inside.clients[ours]
            before.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Granian begins to listen a moment later than we do."""
        for _ in range(TRIES):
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection(
                    self._place.host, self._place.port, limit=PIECE, local_addr=(_any_address(), 0)
                )
            await asyncio.sleep(PAUSE)
        raise ConnectionRefusedError


def _any_address() -> str:
    return str(ADDRESSES[1 + randbelow(ADDRESSES.num_addresses - 2)])


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """No faster than the other side takes it; until one of them has closed."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


async def _either(*ways: Coroutine[Any, Any, None]) -> None:
    """Until one of the ways has ended: HTTP leaves none half open."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
