"""The relay of one process: a lane for each destination, made when needed and dropped when empty."""

from __future__ import annotations

import asyncio

from mailnode.queue.envelope import Claim
from mailnode.relay.carrier import carry
from mailnode.relay.lane import Lane, Means


class Relay:
    """Give it claims by `send`; every recipient's end comes out by ``means.ended``, once."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self._lanes: dict[str, Lane] = {}

    def send(self, claim: Claim) -> None:
        """Take the claim on its way; returns at once."""
        name = self.means.router.lane_of(claim.destination)
        lane = self._lanes.get(name)
        if lane is None:
            self._drop_empty()
            lane = self._lanes[name] = Lane(name, self.means, carry, shared=name != claim.destination)
        lane.add(claim)

    def busy(self, most: int) -> list[str]:
        """Destinations that have ``most`` recipients or more in hand."""
        return [name for name, lane in self._lanes.items() if lane.in_hand >= most]

    async def close(self, seconds: float) -> None:
        """Finish what is under way within the time, and cut off the rest."""
        lanes = tuple(self._lanes.values())
        try:
            await asyncio.wait_for(asyncio.gather(*[lane.drain() for lane in lanes]), seconds)
        except TimeoutError:
            for lane in lanes:
                lane.cancel()

    def _drop_empty(self) -> None:
        self._lanes = {name: lane for name, lane in self._lanes.items() if not lane.empty}
