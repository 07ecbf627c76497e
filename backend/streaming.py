"""Event streams: what a listener is sent, and how it waits without a thread.

The text is that of the HTML standard's server-sent events; ``id:`` is the user's modseq, so a
client that comes back with ``Last-Event-ID`` is told what it missed. A stream ends with its session:
that is looked at on every event and every ping.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend import feed
from backend.rows import rows_of
from mailnode.database import utcnow
from mailnode.directory import sessions
from mailnode.offload import Offload
from mailnode.store import changes
from mailnode.store.waker import Waker

PING = 20.0  # seconds
ROWS_WITH_EVENT = 20
RETRY = "retry: 2000\n\n"
Send = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, and after which modseq; None: from now on."""

    user_id: int
    session_id: str
    since: int | None


@dataclass(frozen=True, slots=True)
class Telling:
    """What to send next, up to which modseq; ``more`` waits already, ``over``: the session has ended."""

    text: str
    modseq: int
    more: bool = False
    over: bool = False


def event(name: str, data: object, modseq: int) -> str:
    return f"id: {modseq}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def greeting(tx: Session, listener: Listener) -> Telling:
    """The first event: where the listener stands."""
    latest = changes.latest(tx, listener.user_id)
    modseq = latest if listener.since is None else listener.since
    return Telling(RETRY + event("hello", {"modseq": latest}, modseq), modseq)


def telling(tx: Session, listener: Listener, modseq: int) -> Telling:
    """What has happened since ``modseq``; empty text when nothing has."""
    if sessions.caller(tx, listener.session_id, utcnow()) is None:
        return Telling(event("bye", {}, modseq), modseq, over=True)
    found = feed.since(tx, listener.user_id, modseq)
    if found.reset:
        return Telling(event("reset", {}, found.modseq), found.modseq)
    parts = [event("mailboxes", {}, found.modseq)] if found.tree else []
    for change in found.mailboxes:
        data = feed.document(change)
        if 0 < len(change.added) <= ROWS_WITH_EVENT:
            data["added_rows"] = rows_of(tx, listener.user_id, change.mailbox_id, change.added)
        parts.append(event("change", data, found.modseq))
    return Telling("".join(parts), found.modseq, more=found.more)


class Streams:
    """All event streams of this process. ``waker`` must have been started in the running loop."""

    def __init__(self, offload: Offload, waker: Waker, *, ping: float = PING) -> None:
        self.offload = offload
        self.waker = waker
        self.ping = ping
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, listener: Listener, send: Send) -> None:
        """Serve one listener until its session ends, the connection breaks or `close` is called."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        woken = asyncio.Event()
        end = self.waker.subscribe(listener.user_id, woken.set)
        try:
            # RuntimeError is granian's: the other side has gone
            with contextlib.suppress(RuntimeError, ConnectionError):
                await self._serve(listener, send, woken)
        finally:
            end()
            self._tasks.discard(task)

    def close(self) -> None:
        """End all streams; clients come back by themselves."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _serve(self, listener: Listener, send: Send, woken: asyncio.Event) -> None:
        told = await self.offload.read(lambda tx: greeting(tx, listener))
        await send(told.text)
        if listener.since is not None:
            woken.set()
        while not told.over:
            pinging = not await _set_within(woken, self.ping)
            woken.clear()
            modseq = told.modseq
            told = await self.offload.read(lambda tx: telling(tx, listener, modseq))  # noqa: B023 - awaited at once
            if told.more:
                woken.set()
            if told.text or pinging:
                await send(told.text or ": ping\n\n")


async def _set_within(event_: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event_.wait(), seconds)
    except TimeoutError:
        return False
    return True
