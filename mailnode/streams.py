"""Doors: sockets that several processes listen on, and the sessions that came in through them.

Worker processes bind the same addresses with SO_REUSEPORT, and the kernel deals new connections out among them. A
socket that the supervisor has made for all of them (`give`) is accepted from in turns: a process whose turn is later
takes only those who have waited for a while, because the ones before it have no time. And who waits there outlives a
process that ends.

A door knows its live sessions, so that it can ask each of them to end: `Door.close` stops accepting and calls every
session's ``drain``, which says its farewell (SMTP 421, IMAP BYE) as soon as no command is half done.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import ssl as ssl_module
import sys
import termios
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from mailnode import tally
from mailnode.proxied import Address, Listener, connect
from mailnode.settings import Listen, Networks

BACKLOG = 1024
HANDSHAKE_SECONDS = 30.0  # nothing counts and limits a connection before its handshake


class Session(Protocol):
    """One live connection, as its door sees it."""

    def drain(self) -> None:
        """End soon: finish the command that runs, say farewell, close. Called once, never raises."""


def bind(listen: Listen, *, shared: bool = True) -> list[socket.socket]:
    """TCP sockets bound to every address that the host name stands for; not yet listening.

    ``shared`` lets other processes of the same user bind the same port. Raises OSError.
    """
    found = socket.getaddrinfo(listen.host or None, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, number, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, number)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.setblocking(False)
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def bound_to(one: socket.socket) -> Listen:
    host, port = one.getsockname()[:2]
    return Listen(host, port)


def unread(transport: asyncio.WriteTransport) -> int:
    """Octets that were written and that the peer has not yet got, in our memory and in the kernel's."""
    inside = transport.get_extra_info("socket")
    try:
        kept = int.from_bytes(fcntl.ioctl(inside.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (AttributeError, OSError):  # there is no socket any more
        kept = 0
    return transport.get_write_buffer_size() + kept


_given: dict[Listen, tuple[socket.socket, float]] = {}  # by its real address
_in_a_hurry: list[Callable[[], bool]] = []


def give(sockets: Iterable[socket.socket], after: float) -> None:
    """Let the doors that will be opened in this process at these addresses use these sockets, each once, and take from
    them who has waited for ``after`` seconds."""
    _given.update((bound_to(one), (one, after)) for one in sockets)


def stand_back(*, unless: Callable[[], bool]) -> None:
    """Who stands back for the processes before this one does not where this is true."""
    _in_a_hurry[:] = [unless]


def _sockets(listen: Listen) -> list[tuple[socket.socket, float]]:
    given = _given.pop(listen, None)
    return [(one, 0.0) for one in bind(listen)] if given is None else [given]


class Door:
    """The listening sockets of one protocol in this process, and its live sessions."""

    def __init__(self) -> None:
        self.name = ""  # for whoever counts
        self.addresses: tuple[Listen, ...] = ()
        self.draining = False
        self._servers: list[asyncio.Server | Listener] = []
        self._clients: dict[object, Address] = {}  # whom a proxy has named, until the session asks
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @classmethod
    async def open(
        cls,
        factory: Callable[[Door], asyncio.BaseProtocol],
        listens: Iterable[Listen],
        *,
        ssl: ssl_module.SSLContext | None = None,
        proxies: Networks = (),
    ) -> Door:
        """Listen everywhere or nowhere; ``factory`` makes the protocol of one connection. Raises OSError.

        Connections from ``proxies`` begin with the header of the PROXY protocol (see ``proxied``).
        """
        door = cls()
        loop = asyncio.get_running_loop()
        sockets: list[tuple[socket.socket, float]] = []
        try:
            for listen in listens:
                sockets += _sockets(listen)
            door.addresses = tuple(bound_to(one) for one, _ in sockets)
            for one, after in sockets:
                if proxies or after:
                    door._servers.append(door._accepting(one, factory, ssl, proxies, after))
                    continue
                server = await loop.create_server(
                    lambda: factory(door),
                    sock=one,
                    ssl=ssl,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS if ssl else None,
                    backlog=BACKLOG,
                )
                door._servers.append(server)
        except OSError:
            for one, _ in sockets:
                one.close()
            raise
        return door

    def _accepting(
        self,
        listening: socket.socket,
        factory: Callable[[Door], asyncio.BaseProtocol],
        ssl: ssl_module.SSLContext | None,
        proxies: Networks,
        after: float,
    ) -> Listener:
        def serve(connection: socket.socket, client: Address | None) -> asyncio.Task[None]:
            def made() -> asyncio.BaseProtocol:
                session = factory(self)
                if client is not None:
                    self._clients[session] = client
                return session

            return connect(made, connection, ssl, HANDSHAKE_SECONDS)

        listening.listen(BACKLOG)
        return Listener(listening, proxies, serve, after, *_in_a_hurry)

    def peer_of(self, session: object, transport: asyncio.BaseTransport) -> Address:
        """Address and port of the client; a session asks once, when its connection is made. "" where there is none."""
        named = self._clients.pop(session, None)
        if named is not None:
            return named
        name = transport.get_extra_info("peername") or ("", 0)
        return str(name[0]).split("%")[0], int(name[1]) if len(name) > 1 else 0

    @property
    def sessions(self) -> Sequence[Session]:
        return tuple(self._sessions)

    def add(self, session: Session) -> None:
        """A connection came in. One that was accepted at the last moment is asked to end at once."""
        self._sessions.add(session)
        self._count(1)
        self._empty.clear()
        if self.draining:
            session.drain()

    def discard(self, session: Session) -> None:
        self._sessions.discard(session)
        self._count(0)
        if not self._sessions:
            self._empty.set()

    def _count(self, more: int) -> None:
        if self.name:
            tally.put(self.name, len(self._sessions))
            if more:
                tally.add(self.name)

    def close(self) -> None:
        """Stop accepting and ask every session to end. Harmless when called again."""
        if self.draining:
            return
        self.draining = True
        for server in self._servers:
            server.close()
        for session in tuple(self._sessions):
            session.drain()

    async def wait_closed(self) -> None:
        """Returns when the last session has gone; `close` must have been called."""
        await self._empty.wait()
