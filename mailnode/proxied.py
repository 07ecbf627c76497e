"""Connections that come through a proxy, which says in front of everything for whom they are; and those that other
processes have left waiting.

A listening socket that expects proxies is accepted from here, and not by the event loop's own server, since the
header comes before TLS and before any protocol. It is read from trusted proxies only, and must come from them; what
anybody else sends in its place is that client's first command, like anything else.
"""

from __future__ import annotations

import asyncio
import socket
import ssl as ssl_module
from collections.abc import Callable

from mailnode import log
from mailnode.errors import ProtocolError
from mailnode.peers import is_within
from mailnode.proto.proxy import client_of, octets_missing
from mailnode.settings import Networks

HEADER_SECONDS = 10.0
AT_ONCE = 100  # connections accepted before others have their turn
LEFT = 4  # taken at once of those whom other processes have left waiting

_log = log.get("streams")

Address = tuple[str, int]
Serve = Callable[[socket.socket, Address | None], asyncio.Task[None]]


class Listener:
    """Accepts on one socket. ``serve`` is given each connection, and the client when a proxy has named one.

    ``after``: other processes accept from the same socket, and only who has waited for so many seconds is taken,
    unless ``hurry`` says that they have enough in hand.
    """

    def __init__(
        self,
        listening: socket.socket,
        proxies: Networks,
        serve: Serve,
        after: float = 0.0,
        hurry: Callable[[], bool] = lambda: False,
    ) -> None:
        self._listening = listening
        self._proxies = proxies
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._after = after
        self._hurry = hurry
        self._timer: asyncio.TimerHandle | None = None
        self._listen()

    def close(self) -> None:
        """Accept nothing more; who is half through its header is let go."""
        self._loop.remove_reader(self._listening.fileno())
        if self._timer is not None:
            self._timer.cancel()
        self._listening.close()
        for task in self._tasks:
            task.cancel()

    def _listen(self) -> None:
        self._loop.add_reader(self._listening.fileno(), self._hold_back if self._after else self._accept)

    def _hold_back(self) -> None:
        """Somebody waits; perhaps not for long."""
        if self._hurry():
            self._accept()
            return
        self._loop.remove_reader(self._listening.fileno())
        self._timer = self._loop.call_later(self._after, self._take_over)

    def _take_over(self) -> None:
        self._timer = None
        self._accept()
        self._listen()

    def _accept(self) -> None:
        for _ in range(LEFT if self._after else AT_ONCE):
            try:
                connection, place = self._listening.accept()
            except OSError:  # nobody waits, or there are no more files: the loop calls again
                return
            connection.setblocking(False)
            if is_within(str(place[0]).split("%")[0], self._proxies):
                self._keep(self._loop.create_task(self._introduce(connection)))
            else:
                self._keep(self._serve(connection, None))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _introduce(self, connection: socket.socket) -> None:
        try:
            client = await asyncio.wait_for(self._client(connection), HEADER_SECONDS)
        except (OSError, ProtocolError) as error:
            _log.info("proxy not understood", error=str(error) or "no header in time")
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
        else:
            self._keep(self._serve(connection, client))

    async def _client(self, connection: socket.socket) -> Address | None:
        """Read the header and not one octet more: what follows is TLS or the protocol."""
        data = b""
        while missing := octets_missing(data):
            more = await self._loop.sock_recv(connection, missing)
            if not more:
                raise ConnectionResetError("it closed")
            data += more
        return client_of(data)


def connect(
    factory: Callable[[], asyncio.BaseProtocol],
    connection: socket.socket,
    ssl: ssl_module.SSLContext | None,
    seconds: float,
) -> asyncio.Task[None]:
    """Give an accepted connection its protocol, behind TLS where there is a context."""
    loop = asyncio.get_running_loop()

    async def begin() -> None:
        try:
            await loop.connect_accepted_socket(
                factory, connection, ssl=ssl, ssl_handshake_timeout=seconds if ssl else None
            )
        except OSError:
            connection.close()

    return loop.create_task(begin())
