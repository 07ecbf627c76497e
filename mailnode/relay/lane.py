"""A lane: everything that is on its way to one destination, and the carriers that take it there.

A lane has as many carriers as it needs, up to a limit that begins low, grows with each message the
destination takes, and is halved when it turns a connection away. A carrier keeps its connection for
the next message of the lane and closes it after a few idle seconds. When no host of the destination
can be reached, everything that waits in the lane is deferred at once: there is no use in knocking
again for each message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mailnode.queue.envelope import Claim, Ended
from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay.connection import Manner
from mailnode.relay.room import Rooms
from mailnode.relay.route import Router
from mailnode.relay.tls_tally import Tally

FIRST_LIMIT, MAX_LIMIT = 5, 20  # connections to one destination
MAX_CONNECTIONS = 300  # of this process
IDLE = 5.0  # seconds a connection waits for another message


@dataclass(slots=True)
class Means:
    """What every lane uses. ``load`` gives the bytes to send for a claim, ``ended`` takes the results.

    ``plain`` remembers, by address, until when a host whose TLS handshake failed is talked to without.
    ``tally`` counts how TLS went, for reports.
    """

    router: Router
    manner: Manner
    load: Callable[[Claim], Awaitable[bytes]]
    ended: Callable[[Sequence[Ended]], None]
    idle: float = IDLE
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONNECTIONS))
    rooms: Rooms = field(default_factory=Rooms)
    plain: dict[str, float] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


class Lane:
    """See the head of the file. ``carry`` is one carrier's life; it asks for claims until it gets None."""

    def __init__(
        self, destination: str, means: Means, carry: Callable[[Lane], Awaitable[None]], *, shared: bool = False
    ) -> None:
        self.destination = destination
        self.means = means
        self.in_hand = 0  # recipients that have not ended
        self.connected = 0  # carriers that have a connection
        self.opening = 0  # carriers that are opening one
        self.limit = MAX_LIMIT if shared else FIRST_LIMIT  # a host of ours needs no caution
        self._carry = carry
        self._waiting: deque[Claim] = deque()
        self._idle: list[asyncio.Future[Claim | None]] = []
        self._carriers: set[asyncio.Task[None]] = set()
        self._closing = False

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
        if self._idle:
            self._idle.pop().set_result(claim)
            return True
        return False

    async def drain(self) -> None:
        """Finish what is under way, begin nothing new; what waits keeps its lease until that runs out."""
        self._closing = True
        self._waiting.clear()
        idle, self._idle = self._idle, []
        for one in idle:
            one.set_result(None)
        if self._carriers:
            await asyncio.wait(self._carriers)

    def cancel(self) -> None:
        """Stop at once; what is under way ends without a result."""
        for carrier in self._carriers:
            carrier.cancel()

    async def next_claim(self) -> Claim | None:
        """For a carrier: its next claim; None when it should go home."""
        if self._closing or len(self._carriers) > self.limit:
            return None
        if self._waiting:
            return self._waiting.popleft()
        waiter: asyncio.Future[Claim | None] = asyncio.get_running_loop().create_future()
        self._idle.append(waiter)
        # Nobody idles while carriers of other lanes wait for a place.
        await asyncio.wait([waiter], timeout=0 if self.means.places.locked() else self.means.idle)
        if waiter.done():
            return waiter.result()
        self._idle.remove(waiter)
        return None

    def end(self, ended: Sequence[Ended]) -> None:
        self.in_hand -= len(ended)
        self.means.ended(ended)

    def went_well(self) -> None:
        """The destination has taken a message: it may be sent more at once."""
        if self.limit < MAX_LIMIT:
            self.limit += 1
            self._hire()

    def turned_away(self) -> None:
        """A connection was refused: fewer at once."""
        self.limit = max(1, self.limit // 2)

    def unreachable(self, reason: Deferred | Failed) -> None:
        """No host is left to try: all that waits ends with ``reason``."""
        claims, self._waiting = self._waiting, deque()
        for claim in claims:
            self.end([Ended(recipient, reason) for recipient in claim.recipients])

    def _hire(self) -> None:
        if self._waiting and len(self._carriers) < self.limit and not self._closing:
            task = asyncio.ensure_future(self._carry(self))
            self._carriers.add(task)
            task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._carriers.discard(task)
        self._hire()
