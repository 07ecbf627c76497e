"""A lane: everything that is on its way to one destination, and the carriers that take it there.

A lane has as many carriers as it needs, up to a limit that is learnt from the destination's answers, as is
how many messages a second may go (see `pace`). A carrier keeps its connection for
the next message of the lane and closes it after a few idle seconds. When no host of the destination
can be reached, everything that waits in the lane is deferred at once: there is no use in knocking
again for each message.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mailnode.queue.destinations import Destination
from mailnode.queue.envelope import Claim, Ended
from mailnode.queue.outcome import Deferred, Ending, Failed
from mailnode.relay.connection import Manner
from mailnode.relay.pace import Pace
from mailnode.relay.room import Rooms
from mailnode.relay.route import Router
from mailnode.relay.tls_tally import Tally

MAX_CONNECTIONS = 300  # of this process
MAX_LOOKS = 1000  # lanes that look for a way at once; each has some questions to the DNS open
IDLE = 5.0  # seconds a connection waits for another message


@dataclass(slots=True)
class Means:
    """What every lane uses. ``load`` gives the bytes to send for a claim, `sendable`; ``ended`` takes the results.

    ``plain`` remembers, by address, until when a host whose TLS handshake failed is talked to without.
    ``tally`` counts how TLS went, for reports.
    """

    router: Router
    manner: Manner
    load: Callable[[Claim], Awaitable[bytes]]
    ended: Callable[[Sequence[Ended]], None]
    idle: float = IDLE
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONNECTIONS))
    looks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_LOOKS))
    rooms: Rooms = field(default_factory=Rooms)
    plain: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


class Lane:
    """See the head of the file. ``carry`` is one carrier's life; it asks for claims until it gets None."""

    def __init__(
        self,
        destination: str,
        means: Means,
        carry: Callable[[Lane], Awaitable[None]],
        pace: Pace | None = None,
    ) -> None:
        self.destination = destination
        self.means = means
        self.in_hand = 0  # recipients that have not ended
        self.connected = 0  # carriers that have a connection
        self.opening = 0  # carriers that are opening one
        self.looking = asyncio.Lock()  # for a way: the others of the lane find what the first has found
        self.pace = pace or Pace()
        self._carry = carry
        self._waiting: deque[Claim] = deque()
        self._idle: list[asyncio.Future[Claim | None]] = []
        self._carriers: set[asyncio.Task[None]] = set()
        self._closing = False
        self._closed = asyncio.Event()

    @property
    def empty(self) -> bool:
        return not self._carriers and not self._waiting

    @property
    def hopeful(self) -> bool:
        """True while some carrier reaches the destination, or has not failed to yet."""
        return self.connected > 0 or self.opening > 0

    def add(self, claim: Claim) -> None:
        """Each recipient of the claim ends by ``means.ended``, once."""
        self.in_hand += len(claim.recipients)
        if not self._hand_over(claim):
            self._waiting.append(claim)
            self._hire()

    def give_back(self, claim: Claim) -> None:
        """From a carrier that cannot bring it, for those that can."""
        if not self._hand_over(claim):
            self._waiting.appendleft(claim)

    def _hand_over(self, claim: Claim) -> bool:
        """To the carrier that became idle last, so that the others may go home."""
        while self._idle:
            waiter = self._idle.pop()
            if not waiter.done():  # or cancelled
                waiter.set_result(claim)
                return True
        return False

    async def drain(self) -> None:
        """Finish what is under way, begin nothing new; what waits keeps its lease until that runs out."""
        self._closing = True
        self._closed.set()
        self._waiting.clear()
        idle, self._idle = self._idle, []
        for one in idle:
            if not one.done():
                one.set_result(None)
        if self._carriers:
            await asyncio.wait(self._carriers)

    def cancel(self) -> None:
        """Stop at once; what is under way ends without a result."""
        for carrier in self._carriers:
            carrier.cancel()

    async def next_claim(self) -> Claim | None:
        """For a carrier: its next claim, as soon as the destination's pace lets it go; None: go home."""
        claim = await self._next()
        while claim is not None and not self._closing and (pause := self.pace.wait(time.monotonic())):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), pause)
        if claim is None or self._closing:
            return None
        self.pace.begins(time.monotonic())
        return claim

    async def _next(self) -> Claim | None:
        if self._closing or len(self._carriers) > self.pace.limit:
            return None
        if self._waiting:
            return self._waiting.popleft()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Claim | None] = loop.create_future()
        self._idle.append(waiter)
        # Nobody idles while carriers of other lanes wait for a place.
        timer = loop.call_later(0 if self.means.places.locked() else self.means.idle, self._send_home, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()
            self._leave(waiter)

    def _send_home(self, waiter: asyncio.Future[Claim | None]) -> None:
        """Nothing has come for an idle carrier in its time."""
        self._leave(waiter)
        if not waiter.done():
            waiter.set_result(None)

    def _leave(self, waiter: asyncio.Future[Claim | None]) -> None:
        if waiter in self._idle:
            self._idle.remove(waiter)

    def end(self, ended: Sequence[Ended]) -> None:
        self.in_hand -= len(ended)
        self.means.ended(ended)

    @property
    def next_destination(self) -> str | None:
        """Of what waits; None: nothing does."""
        return self._waiting[0].destination if self._waiting else None

    @property
    def waiting(self) -> list[int]:
        """The ids of recipients that have not begun."""
        return [one.id for claim in self._waiting for one in claim.recipients]

    def recall(self, stopped: Set[int]) -> list[int]:
        """Take those back that have not begun; gives their ids."""
        taken = [one for one in self.waiting if one in stopped]
        left = (
            replace(claim, recipients=tuple(one for one in claim.recipients if one.id not in stopped))
            for claim in self._waiting
        )
        self._waiting = deque(claim for claim in left if claim.recipients)
        self.in_hand -= len(taken)
        return taken

    def heard(self, outcomes: Sequence[Ending], seconds: float) -> None:
        """What the destination has answered about one message."""
        self.pace.heard(outcomes, seconds)
        self._hire()

    def turned_away(self, words: str) -> None:
        """A connection was refused: fewer at once."""
        self.pace.turned_away(words)

    @property
    def state(self) -> Destination:
        """For people to look at."""
        return self.pace.state(self.destination, self.connected, self.in_hand)

    def unreachable(self, reason: Deferred | Failed) -> None:
        """No host is left to try: all that waits ends with ``reason``."""
        claims, self._waiting = self._waiting, deque()
        for claim in claims:
            self.end([Ended(recipient, reason) for recipient in claim.recipients])

    def _hire(self) -> None:
        if self._waiting and len(self._carriers) < self.pace.limit and not self._closing:
            task = asyncio.ensure_future(self._carry(self))
            self._carriers.add(task)
            task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._carriers.discard(task)
        self._hire()
