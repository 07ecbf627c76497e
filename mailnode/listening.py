"""Sockets that listen, and who accepts from them.

Worker processes bind the same addresses with SO_REUSEPORT, and the kernel deals new connections out among them. A
socket that the supervisor has made for all of them (`give`) is accepted from in turns: a process whose turn is later
takes only those who have waited for a while, because the ones before it have no time, and looks seldom while there are
none. And who waits there outlives a process that ends.

`Listener` accepts where the event loop's own server cannot: in a later turn, and where proxies are expected
(`proxied`), whose header comes before TLS and before any protocol. Where the process has no more files it leaves
people waiting for a moment; the loop's own server closes their connections, by way of a file that libuv keeps for this.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl as ssl_module
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailnode import log, proxied
from mailnode.errors import ProtocolError
from mailnode.peers import is_within
from mailnode.proxied import Address
from mailnode.settings import Listen, Networks

BACKLOG = 1024
AT_ONCE = 100  # connections accepted before others have their turn
LEFT = 4  # taken at once of those whom other processes have left waiting
MISSES = 5  # times in a row that nobody was left for us: the others have time
SELDOM = 10  # turns between two looks then
SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)  # there is no room for one more connection
PAUSE = 1.0  # seconds until it is tried again
EPISODE = 60.0  # seconds without such a failure, after which the next one is told of

_log = log.get("listening")

Serve = Callable[[socket.socket, Address | None], asyncio.Task[None]]


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


@dataclass(frozen=True, slots=True)
class Turn:
    """How long those wait whom we take, in seconds, and what lets us take them at once: the processes before us
    have enough in hand."""

    after: float = 0.0
    hurry: Callable[[], bool] = lambda: False


FIRST = Turn()
_given: dict[Listen, tuple[socket.socket, Turn]] = {}  # by its real address


def give(sockets: Iterable[socket.socket], turn: Turn) -> None:
    """Let the doors that will be opened in this process at these addresses accept from these sockets, each once."""
    _given.update((bound_to(one), (one, turn)) for one in sockets)


def sockets_at(listen: Listen) -> list[tuple[socket.socket, Turn]]:
    """Those that were given for this address, else some of our own. Raises OSError."""
    given = _given.pop(listen, None)
    return [(one, FIRST) for one in bind(listen)] if given is None else [given]


class Listener:
    """Accepts on one socket. ``serve`` is given each connection, and the client when a proxy has named one."""

    def __init__(self, listening: socket.socket, proxies: Networks, serve: Serve, turn: Turn = FIRST) -> None:
        self._listening = listening
        self._address = str(bound_to(listening))
        self._proxies = proxies
        self._serve = serve
        self._turn = turn
        self._loop = asyncio.get_running_loop()
        self._introductions: set[asyncio.Task[None]] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._misses = 0
        self._failed = float("-inf")  # by the loop's clock
        listening.listen(BACKLOG)
        self._listen()

    def close(self) -> None:
        """Accept nothing more; who is half through its proxy's header is let go."""
        self._loop.remove_reader(self._listening.fileno())
        if self._timer is not None:
            self._timer.cancel()
        self._listening.close()
        for task in self._introductions:
            task.cancel()

    def _listen(self) -> None:
        look = self._hold_back if self._turn.after else self._accept
        self._loop.add_reader(self._listening.fileno(), self._try, look)

    def _try(self, look: Callable[[], object]) -> None:
        """Stand back when nobody can be accepted: who waits keeps the socket readable, so that the loop would call
        again at once, and without end."""
        try:
            look()
        except OSError as error:
            now = self._loop.time()
            if now - self._failed > EPISODE:
                _log.error("nobody can be accepted", address=self._address, error=error.strerror)
            self._failed = now
            self._loop.remove_reader(self._listening.fileno())
            self._timer = self._loop.call_later(PAUSE, self._listen)

    def _hold_back(self) -> None:
        """Somebody waits; perhaps not for long."""
        if self._turn.hurry():
            self._accept()
            return
        self._loop.remove_reader(self._listening.fileno())
        self._timer = self._loop.call_later(self._turn.after, self._try, self._take_over)

    def _take_over(self) -> None:
        """Where the others have time we look seldom: to wake up for each of their connections is a twentieth of the
        work of a small message. Not at once, for who helps out finds nobody now and then."""
        self._misses = 0 if self._accept() else self._misses + 1
        if self._misses < MISSES:
            self._listen()
        else:
            self._timer = self._loop.call_later(self._turn.after * SELDOM, self._listen)

    def _accept(self) -> bool:
        """Whether anybody waited. Raises OSError when there is no room for them."""
        for accepted in range(LEFT if self._turn.after else AT_ONCE):
            try:
                connection, place = self._listening.accept()
            except OSError as error:  # mostly: nobody waits, or whoever did has gone
                if error.errno in SCARCE:
                    raise
                return accepted > 0
            connection.setblocking(False)
            peer = str(place[0]).split("%")[0]
            if is_within(peer, self._proxies):
                _keep(self._introductions, self._loop.create_task(self._introduce(connection, peer)))
            else:
                _keep(self._connecting, self._serve(connection, None))
        return True

    async def _introduce(self, connection: socket.socket, proxy: str) -> None:
        try:
            client = await proxied.client_of(connection)
        except (OSError, ProtocolError) as error:
            words = str(error) or "no header in time"
            _log.info("proxy not understood", proxy=proxy, address=self._address, error=words)
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
        else:
            _keep(self._connecting, self._serve(connection, client))


def _keep(tasks: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)


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
