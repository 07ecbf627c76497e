"""A queue manager in the test's own process, with scripted peers at the other end.

Recipients at the literal ``[127.0.0.1]`` lead to the peer: the relay's port is the peer's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from mailnode.context import Context
from mailnode.database import one_snapshot, utcnow
from mailnode.directory import edit
from mailnode.directory.login import Authenticator
from mailnode.dispatch import runner
from mailnode.offload import Offload
from mailnode.queue import edit as queue
from mailnode.queue import spool
from mailnode.queue.edit import QueueRow
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueMessage
from mailnode.resolver import Resolver
from mailnode.room import Room
from mailnode.store import mailboxes, messages
from mailnode.store.waker import Waker
from tests.support import ports
from tests.support.store import Store

ELSEWHERE = "b@[127.0.0.1]"
RAW = b"From: anna@example.com\r\nSubject: Hello\r\nMessage-ID: <1@example.com>\r\n\r\nText\r\n"


def add_users(store: Store, *names: str, keys: bool = False) -> None:
    """example.com and its users."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=None if keys else ())
        for name in names:
            made = edit.create_user(tx, f"{name}@example.com", password_hash="$argon2id$x")
            mailboxes.create_defaults(tx, made.id)


def enqueue(store: Store, *recipients: Recipient | str, sender: str = "anna@example.com", **more: object) -> int:
    given = [Recipient(one) if isinstance(one, str) else one for one in recipients]
    options: dict[str, object] = {"raw": RAW, "now": utcnow(), **more}
    with store.write() as tx:
        return spool.enqueue(tx, sender=sender, recipients=given, **options)  # type: ignore[arg-type]


def inbox(store: Store, name: str = "anna") -> list[bytes]:
    with store.read() as tx:
        owner = edit.user(tx, f"{name}@example.com").id
        place = mailboxes.by_name(tx, owner, "INBOX")
        return [messages.read(tx, owner, place.id, uid) for uid in range(1, place.uid_next)]


def waiting(store: Store) -> list[QueueRow]:
    with store.read() as tx:
        one_snapshot(tx)  # else a message and its report, which takes its place, are both missed
        return queue.rows(tx)


@asynccontextmanager
async def manager(store: Store, relay_port: int | None = None) -> AsyncIterator[None]:
    """A queue manager that runs while the block does, and is then stopped as SIGTERM stops it.

    Without ``relay_port`` nobody is there to be relayed to: not the peer of a test that runs beside this one either.
    """
    with contextlib.ExitStack() as held:
        async with _manager(store, relay_port or held.enter_context(ports.refusing())):
            yield


@asynccontextmanager
async def _manager(store: Store, relay_port: int) -> AsyncIterator[None]:
    settings = store.settings.model_copy(update={"relay_port": relay_port})
    offload = Offload(store.engine)
    authenticator = Authenticator(offload, at_once=1)
    context = Context(
        settings=settings,
        offload=offload,
        authenticator=authenticator,
        waker=Waker(offload),
        resolver=Resolver(["127.0.0.1:1"], timeout=0.1, lifetime=0.1),
        tls=ssl.create_default_context(),
        room=Room.for_messages(settings.data_dir),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(context, stop))
    try:
        yield
    finally:
        stop.set()
        await running
        authenticator.close()
        offload.close()


async def until(ready: Callable[[], object], seconds: float = 60) -> None:
    """Wait in the event loop until something is true; it is asked on a thread."""
    end = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(ready):
        assert asyncio.get_running_loop().time() < end, "it did not happen"
        await asyncio.sleep(0.02)


async def until_tried(store: Store) -> QueueRow:
    """Wait until the one message in the queue has been tried and waits again."""
    await until(lambda: any(row.recipients[0].attempts > 0 for row in waiting(store)))
    return waiting(store)[0]


def long_ago(store: Store, moment: datetime) -> None:
    """Make everything in the queue as old as ``moment``."""
    with store.write() as tx:
        for message in tx.query(QueueMessage):
            message.created_at = int(moment.timestamp())
