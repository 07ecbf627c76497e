"""Transports that change while mail waits for them: each message goes where its own way leads now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import uvloop

from mailnode.directory.transports import Exit, Exits
from mailnode.queue.envelope import Claim
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.relay.route import Here, Host, Route, Router
from mailnode.resolver import Resolver
from tests.support.smtp_peer import Peer
from tests.unit.relay.relaying import CONTENT, Relaying, relayed

NO_DOMAIN = Failed("5.1.2", "The domain does not exist")


class Moving(Router):
    """Until ``exits`` is taken away all mail leaves through it, then each domain's to its own host."""

    __slots__ = ("given", "now")

    def __init__(self, way: Exit, given: Mapping[str, Peer | Failed]) -> None:
        object.__setattr__(self, "now", Exits({way.pattern: way}))
        object.__setattr__(self, "given", given)
        nobody = Here(frozenset(), frozenset())
        super().__init__(Resolver(["127.0.0.1:1"]), nobody, exits=lambda: self.now)  # type: ignore[attr-defined]

    def move(self, *ways: Exit) -> None:
        object.__setattr__(self, "now", Exits({way.pattern: way for way in ways}))

    async def _by_mx(self, destination: str) -> Route | Deferred | Failed:
        given: Peer | Failed = self.given[destination]  # type: ignore[attr-defined]
        return given if isinstance(given, Failed) else Route((Host(f"mx.{destination}", "127.0.0.1", given.port),))


def by(peer: Peer) -> Exit:
    return Exit("*", "127.0.0.1", peer.port)


async def outcomes_when(relaying: Relaying, router: Moving, *ways: Exit) -> list[Delivered | Deferred | Failed]:
    """Of three messages over one connection at a time; the ways change when the second one is about to go."""

    async def load(claim: Claim) -> bytes:
        if claim.envelope.id == 2:
            router.move(*ways)
        return relaying.content

    relaying.relay.means.load = load
    for number, name in enumerate(("first", "second", "third"), 1):
        relaying.send(f"b@{name}.example", destination=f"{name}.example", number=number)
    try:
        return await relaying.outcomes()
    finally:
        await relaying.close()


def test_no_message_goes_to_the_host_of_another_domain() -> None:
    async def go() -> None:
        async with Peer() as way, Peer() as second, Peer() as third:
            router = Moving(by(way), {"second.example": second, "third.example": third})
            outcomes = await outcomes_when(Relaying(router=router, places=1), router)
            assert [type(one) for one in outcomes] == [Delivered, Delivered, Delivered]
            assert [one.recipients for one in second.taken] == [("b@second.example",)]
            assert [one.recipients for one in third.taken] == [("b@third.example",)]

    uvloop.run(asyncio.wait_for(go(), 60))


def test_a_domain_that_does_not_exist_takes_no_others_with_it() -> None:
    async def go() -> None:
        async with Peer() as way, Peer() as third:
            router = Moving(by(way), {"second.example": NO_DOMAIN, "third.example": third})
            outcomes = await outcomes_when(Relaying(router=router, places=1), router)
            assert [type(one) for one in outcomes] == [Delivered, Failed, Delivered]

    uvloop.run(asyncio.wait_for(go(), 60))


def test_a_transport_that_leads_elsewhere_now_is_followed_at_once() -> None:
    async def go() -> None:
        async with Peer() as old, Peer() as new:
            router = Moving(by(old), {})
            outcomes = await outcomes_when(Relaying(router=router, places=1), router, by(new))
            assert [type(one) for one in outcomes] == [Delivered, Delivered, Delivered]
            assert [one.recipients for one in new.taken] == [("b@second.example",), ("b@third.example",)]

    uvloop.run(asyncio.wait_for(go(), 60))


def test_a_sender_waives_no_tls_that_the_administrator_wants_of_a_transport() -> None:
    """RFC 8689 §5: "TLS-Required: No" is about what the recipient's domain wants."""

    async def go() -> None:
        async with Peer() as way:
            router = Moving(Exit("*", "127.0.0.1", way.port, "required"), {})
            relaying = Relaying(router=router, content=b"TLS-Required: No\r\n" + CONTENT)
            [outcome] = await relayed(relaying)
            assert isinstance(outcome, Deferred)
            assert way.taken == []

    uvloop.run(asyncio.wait_for(go(), 60))
