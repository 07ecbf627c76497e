"""What a living host teaches: more connections with what is taken, fewer and slower with what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from mailnode.queue.destinations import Destination
from mailnode.queue.outcome import Deferred, Delivered
from mailnode.relay import pace
from tests.support.smtp_peer import Peer
from tests.unit.relay.relaying import Relaying

TOO_FAST = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail. Messages are temporarily deferred"


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    uvloop.run(asyncio.wait_for(test(), 120))


def learnt(relaying: Relaying) -> Destination:
    [state] = relaying.relay.destinations()
    return state


async def sent(relaying: Relaying, first: int, number: int) -> None:
    relaying.all_ended.clear()
    for one in range(first, first + number):
        relaying.send("b@example.org", number=one)
    await relaying.outcomes(60)


def test_a_willing_host_gets_as_many_connections_as_may_be() -> None:
    async def go() -> None:
        async with Peer() as peer:
            peer.delay = 0.01
            relaying = Relaying(peer)
            await sent(relaying, 1, 100)
            assert pace.FIRST < peer.most_open <= pace.MOST
            state = learnt(relaying)
            assert (state.connection_limit, state.rate, state.taken) == (pace.MOST, None, 100)
            await relaying.close()

    run(go)


def test_a_host_that_has_enough_gets_one_connection_and_few_messages() -> None:
    async def go() -> None:
        async with Peer({"MAIL": TOO_FAST}) as peer:
            relaying = Relaying(peer)
            for number in range(1, 4):
                await sent(relaying, number, 1)
            assert {type(one) for one in relaying.ended.values()} == {Deferred}
            assert learnt(relaying).connection_limit == 1
            assert learnt(relaying).rate == pace.FIRST_RATE / 4
            assert learnt(relaying).words == TOO_FAST
            await relaying.close()

    run(go)


def test_many_recipients_are_one_transaction_in_two_round_trips() -> None:
    async def go() -> None:
        async with Peer() as peer:
            relaying = Relaying(peer)
            relaying.send(*(f"b{number}@example.org" for number in range(50)))
            assert {type(one) for one in await relaying.outcomes()} == {Delivered}
            await relaying.close()
            [taken] = peer.taken
            assert (len(taken.recipients), peer.asked["MAIL"], peer.connections) == (50, 1, 1)

    run(go)
