"""What waits in a lane and has not begun can be taken back."""

from __future__ import annotations

import asyncio

from mailnode.queue.envelope import Claim, ClaimedRecipient, Envelope
from mailnode.relay.lane import Lane
from tests.unit.relay.relaying import Relaying


def claim(*ids: int) -> Claim:
    recipients = tuple(ClaimedRecipient(one, 1, f"r{one}@far.example", 0, 0) for one in ids)
    return Claim(Envelope(1, "a@example.com", 1, 1, 0), "far.example", recipients)


def test_recipients_that_have_not_begun_are_taken_back() -> None:
    async def go() -> None:
        async def never(lane: Lane) -> None:
            await asyncio.Event().wait()

        lane = Lane("far.example", Relaying(1).relay.means, never)
        lane.add(claim(1, 2))
        lane.add(claim(3))
        assert lane.waiting == [1, 2, 3]
        assert lane.recall({2, 3, 9}) == [2, 3]
        assert (lane.waiting, lane.in_hand) == ([1], 1)
        lane.cancel()

    asyncio.run(go())
