"""A relay with a route of the test's own, for conversations with scripted peers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from mailnode.queue.envelope import Claim, ClaimedRecipient, Ended, Envelope
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.relay.connection import Manner
from mailnode.relay.lane import Means
from mailnode.relay.relay import Relay
from mailnode.relay.route import Here, Host, Route, Router
from mailnode.resolver import Resolver
from mailnode.settings import Smarthost
from tests.support.smtp_peer import Peer

CONTENT = b"From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n.hidden dot\r\n"


class FixedRouter(Router):
    """Leads everything to the given hosts, or ends it with the given outcome."""

    __slots__ = ("given",)

    def __init__(self, given: Route | Deferred | Failed, smarthost: Smarthost | None = None) -> None:
        super().__init__(
            Resolver(["127.0.0.1:1"]), Here(frozenset(), frozenset()), random=Random(1), smarthost=smarthost
        )
        object.__setattr__(self, "given", given)

    async def route(self, destination: str) -> Route | Deferred | Failed:
        given: Route | Deferred | Failed = self.given  # type: ignore[attr-defined]
        return given


class Relaying:
    """Sends claims to ``peers`` in that order of preference, and collects how they end."""

    def __init__(
        self,
        *peers: Peer | int,
        manner: Manner | None = None,
        content: bytes = CONTENT,
        route: Route | Deferred | Failed | None = None,
        idle: float = 0.05,
        places: int = 300,
        router: Router | None = None,
    ) -> None:
        ports = [peer if isinstance(peer, int) else peer.port for peer in peers]
        hosts = tuple(Host(f"mx{n}.test", "127.0.0.1", port) for n, port in enumerate(ports, 1))
        manner = manner or Manner("me.test")
        router = router or FixedRouter(route or Route(hosts, manner.smarthost), manner.smarthost)
        self.content = content
        self.ended: dict[int, Delivered | Deferred | Failed] = {}
        self.wanted = 0
        self.all_ended = asyncio.Event()
        means = Means(router, manner, self._load, self._take, idle, asyncio.Semaphore(places))
        self.tally, self.relay = means.tally, Relay(means)

    async def _load(self, claim: Claim) -> bytes:
        return self.content

    def _take(self, ended: Sequence[Ended]) -> None:
        for one in ended:
            assert one.recipient.id not in self.ended, "ended twice"
            self.ended[one.recipient.id] = one.outcome
        if len(self.ended) >= self.wanted:
            self.all_ended.set()

    def send(
        self,
        *addresses: str,
        number: int = 1,
        sender: str = "a@example.com",
        destination: str = "example.org",
        **envelope: object,
    ) -> None:
        recipients = tuple(
            ClaimedRecipient(number * 1000 + n, number, address, 0, 2**40) for n, address in enumerate(addresses)
        )
        self.wanted += len(recipients)
        made = Envelope(number, sender, 1, len(self.content), 0, **envelope)  # type: ignore[arg-type]
        self.relay.send(Claim(made, destination, recipients))

    async def outcomes(self, seconds: float = 60) -> list[Delivered | Deferred | Failed]:
        """In the order in which the recipients were sent."""
        await asyncio.wait_for(self.all_ended.wait(), seconds)
        return [self.ended[number] for number in sorted(self.ended)]

    async def close(self) -> None:
        await self.relay.close(5)


def sessions(relaying: Relaying) -> dict[str, int]:
    """How TLS went, by the kind of failure; "" is success."""
    found: dict[str, int] = {}
    for one, number in relaying.tally.counts.items():
        found[one.result] = found.get(one.result, 0) + number
    return found


async def relayed(relaying: Relaying, *addresses: str, **envelope: object) -> list[Delivered | Deferred | Failed]:
    """One message sent, its outcomes, and the relay closed."""
    relaying.send(*(addresses or ("b@example.org",)), **envelope)  # type: ignore[arg-type]
    try:
        return await relaying.outcomes()
    finally:
        await relaying.close()
