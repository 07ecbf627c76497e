"""The web process: granian in front of Flask, on every address of ``MAILNODE_LISTEN_HTTP``, and behind TLS on those
of ``MAILNODE_LISTEN_HTTPS``.

``python -m backend.server`` is what ``mailnode serve`` starts. granian is embedded, so this is one
process with one event loop. SIGTERM and SIGINT end it: no new connections, requests that run are
finished, event streams end (their clients come back). Nothing is printed on standard output.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterable

import uvloop
from flask import Flask
from granian.http import HTTP1Settings
from granian.server.embed import Server

from backend import doors
from backend.app import create_app
from backend.front import Front
from backend.secured import Inside, Secured
from backend.streaming import Streams
from mailnode import log, tally, unusable
from mailnode.settings import BadSettings, Listen, Settings
from mailnode.spooled import folder
from mailnode.store.waker import Waker

DRAIN_SECONDS = 6.0  # from the signal on; the supervisor waits for 9.5, and a busy machine is late with the rest
BACKLOG = 1024
CONNECTIONS = 10_000  # of one address; each browser keeps one open. By TLS each has three files
_log = log.get("web")


def main() -> int:
    """Serve until a signal; exit status 1 with one sentence when the settings are wrong."""
    try:
        settings = Settings.load()
    except BadSettings as error:
        print(unusable.told(error), file=sys.stderr)  # noqa: T201
        return 1
    log.configure(settings.log_format, settings.log_level)
    sys.unraisablehook = log.ignored
    tally.begin(settings.data_dir)
    try:
        if settings.listen_http or settings.listen_https:
            uvloop.run(serve(settings))
    except (CannotListen, BadSettings) as error:
        print(unusable.told(error), file=sys.stderr)  # noqa: T201
        return 1
    return 0


class CannotListen(Exception):
    """An address cannot be had; ``str(error)`` names it and says why."""


async def serve(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Serve until ``stop`` is set, or a signal when none is given. Raises CannotListen, BadSettings."""
    app = create_app(settings)
    stop = stop or _stop_on_signals()
    with app.app_context():
        way = doors.offload()
    waker = Waker(way)
    waker.start(asyncio.get_running_loop())
    spool = folder(settings.data_dir)
    front = Front(app, Streams(way, waker), large_limit=settings.message_size_limit + 1024, folder=str(spool))
    servers: dict[str, Server | Secured] = {str(listen): _server(front, listen) for listen in settings.listen_http}
    if settings.listen_https:
        secured = Secured(settings, front, _server, waits=bool(servers))
        servers[" ".join(map(str, settings.listen_https))] = secured
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, secured.load)
    tasks = {place: asyncio.create_task(server.serve()) for place, server in servers.items()}
    _log.info("serving", addresses=[place for place, one in servers.items() if not _waits(one)])
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
    end = time.monotonic() + DRAIN_SECONDS
    await front.streams.close()
    await _stop(servers.values(), tasks.values(), end)
    waiting.cancel()
    waker.stop()
    front.close()
    close(app)
    for place, task in tasks.items():
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise CannotListen(f"Cannot listen on {place}: {str(error).partition(chr(10))[0]}") from error


def close(app: Flask) -> None:
    """Let go of what the application holds."""
    with app.app_context():
        doors.authenticator().close()
        doors.offload().close()


def _server(target: Front | Inside, listen: Listen) -> Server:
    """granian on one address; ``target`` speaks RSGI."""
    return Server(
        target,
        address=listen.host,
        port=listen.port,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
    )


def _waits(server: Server | Secured) -> bool:
    return isinstance(server, Secured) and server.waits


async def _stop(servers: Iterable[Server | Secured], tasks: Iterable[asyncio.Task[None]], end: float) -> None:
    for server in servers:
        server.stop()
    _, late = await asyncio.wait(tasks, timeout=end - time.monotonic())
    for task in late:
        task.cancel()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:  # the supervisor keeps Ctrl-C to itself
            loop.add_signal_handler(number, stop.set)
    return stop


if __name__ == "__main__":
    sys.exit(main())
