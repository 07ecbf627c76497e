"""Doors: sockets that listen (`listening`), and the sessions that came in through them.

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
from mailnode.listening import BACKLOG, Listener, Turn, bound_to, connect, sockets_at
from mailnode.proxied import Address
from mailnode.settings import Listen, Networks

HANDSHAKE_SECONDS = 30.0  # nothing counts and limits a connection before its handshake


class Session(Protocol):
    """One live connection, as its door sees it."""

    def drain(self) -> None:
        """End soon: finish the command that runs, say farewell, close. Called once, never raises."""


def unread(transport: asyncio.WriteTransport) -> int:
    """Octets that were written and that the peer has not yet got, in our memory and in the kernel's."""
    inside = transport.get_extra_info("socket")
    try:
        kept = int.from_bytes(fcntl.ioctl(inside.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (AttributeError, OSError):  # there is no socket any more
        kept = 0
    return transport.get_write_buffer_size() + kept


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
        sockets: list[tuple[socket.socket, Turn]] = []
        try:
            for listen in listens:
                sockets += sockets_at(listen)
            door.addresses = tuple(bound_to(one) for one, _ in sockets)
            for one, turn in sockets:
                if proxies or turn.after:
                    door._servers.append(door._accepting(one, factory, ssl, proxies, turn))
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
        turn: Turn,
    ) -> Listener:
        def serve(connection: socket.socket, client: Address | None) -> asyncio.Task[None]:
            session = factory(self)
            connecting = connect(lambda: session, connection, ssl, HANDSHAKE_SECONDS)
            if client is not None:
                self._clients[session] = client
                connecting.add_done_callback(lambda _: self._clients.pop(session, None))  # no handshake: nobody asked
            return connecting

        return Listener(listening, proxies, serve, turn)

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
