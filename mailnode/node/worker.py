"""Inside a process that the supervisor started: protocol doors, the queue, or the search index.

The process is a fork of the supervisor and opens everything for itself. It runs until SIGTERM; then
it stops taking work, lets sessions and attempts end for at most `DRAIN_SECONDS`, and finishes what
was handed to the database. SIGHUP loads the certificate anew.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import uvloop

from mailnode import certificates, log, migrations
from mailnode.acme import renewal
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.directory import throttle
from mailnode.directory.login import Authenticator
from mailnode.dispatch import runner
from mailnode.node import doors, historian, indexer, learner, reporter, sweeper
from mailnode.node.burdens import Burdens
from mailnode.offload import Offload
from mailnode.resolver import Resolver
from mailnode.room import Room
from mailnode.settings import BadSettings, Listen, Settings
from mailnode.store import opening
from mailnode.store.waker import Waker

DRAIN_SECONDS = 8.0
HOUSEKEEPING_SECONDS = 600.0
CERTIFICATE_SECONDS = 10.0  # between two looks at the certificates
_log = log.get("node")

Ready = Callable[[], None]
Places = dict[str, Sequence[Listen]]


def run_protocols(settings: Settings, places: Places, burdens: Burdens, turn: int, ready: Ready) -> None:
    """A protocol process: every door, until SIGTERM."""
    burdens.put(turn, 0)  # whatever the one before it had

    async def work(context: Context, stop: asyncio.Event) -> None:
        opened = await doors.open_doors(context, places)
        ready()
        await watch_certificates(context, stop)
        for door in opened:
            door.close()
        ends = [asyncio.create_task(door.wait_closed()) for door in opened]
        if ends:
            await asyncio.wait(ends, timeout=DRAIN_SECONDS)

    uvloop.run(_within(settings, work, partial(burdens.put, turn)))


def run_queue(settings: Settings, ready: Ready) -> None:
    """The queue process, until SIGTERM."""
    migrations.load_models()  # the sweeper asks every table that may name a body

    async def work(context: Context, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:  # one that fails ends the process, which is started anew
            tasks.create_task(runner.run(context, stop))
            tasks.create_task(sweeper.run(context.offload, stop, settings.quarantine_size_limit))
            tasks.create_task(_keep_house(context, stop))
            tasks.create_task(renewal.run(context, stop))
            ready()

    uvloop.run(_within(settings, work))


def run_index(settings: Settings, ready: Ready) -> None:
    """The index process, until SIGTERM."""

    async def work(context: Context, stop: asyncio.Event) -> None:
        indexer.stand_back()  # and so do the readers, which this thread begins; the writer is there already
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(indexer.run(context.offload, stop))
            tasks.create_task(learner.run(context.offload, stop))
            tasks.create_task(reporter.run(context.offload, stop))
            tasks.create_task(historian.run(context.offload, context.settings, stop))
            ready()

    uvloop.run(_within(settings, work))


async def _within(
    settings: Settings,
    work: Callable[[Context, asyncio.Event], Awaitable[None]],
    told: Callable[[int], None] | None = None,
) -> None:
    async with opened_context(settings, told) as context:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGHUP, _load_certificate, context)
        await work(context, stop)


@asynccontextmanager
async def opened_context(settings: Settings, told: Callable[[int], None] | None = None) -> AsyncIterator[Context]:
    """Everything a door or worker needs; closed in the right order at the end. ``told`` is the room's."""
    offload = Offload(opening.open_store(settings))
    at_once = max(1, (os.cpu_count() or 1) // settings.workers)
    context = Context(
        settings=settings,
        offload=offload,
        authenticator=Authenticator(offload, at_once=at_once),
        waker=Waker(offload),
        resolver=Resolver(settings.nameservers, validates=settings.dns_validated),
        tls=certificates.context(settings),
        room=Room.for_messages(settings.data_dir, told),
    )
    context.waker.start(asyncio.get_running_loop())
    try:
        yield context
    finally:
        context.waker.stop()
        context.authenticator.close()
        offload.close()
        offload.engine.dispose()


async def watch_certificates(context: Context, stop: asyncio.Event) -> None:
    """Until ``stop``: load what has changed on the disk, such as a certificate that was renewed."""
    seen = certificates.state(context.settings)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), CERTIFICATE_SECONDS)
        now = certificates.state(context.settings)
        if now != seen:
            seen = now
            _load_certificate(context)


def _load_certificate(context: Context) -> None:
    try:
        certificates.load(context.tls, context.settings)
    except BadSettings as error:
        _log.error("certificate not loaded", error=str(error))


async def _keep_house(context: Context, stop: asyncio.Event) -> None:
    """Small regular work that any one process does for all."""
    while not stop.is_set():
        try:
            await context.offload.write(lambda tx: throttle.sweep(tx, utcnow()))
        except Exception:  # a full disk is no reason to end
            _log.exception("housekeeping failed")
        try:
            await asyncio.wait_for(stop.wait(), HOUSEKEEPING_SECONDS)
        except TimeoutError:
            continue
