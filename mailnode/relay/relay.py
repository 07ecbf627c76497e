"""The relay of one process: a lane for each destination, made when needed and dropped when empty."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Set

from mailnode.queue.busy import Busy
from mailnode.queue.destinations import Destination
from mailnode.queue.envelope import Claim
from mailnode.relay.carrier import carry
from mailnode.relay.lane import Lane, Means
from mailnode.relay.pace import FIRST, KEPT, MOST, Pace

SHOWN = 500  # destinations


class Relay:
    """Give it claims by `send`; every recipient's end comes out by ``means.ended``, once."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self._lanes: dict[str, Lane] = {}
        self._paces: dict[str, Pace] = {}  # longer than lanes

    def send(self, claim: Claim) -> None:
        """Take the claim on its way; returns at once."""
        name = self.means.router.lane_of(claim.destination)
        lane = self._lanes.get(name)
        if lane is None:
            self._drop_empty()
            # A host of ours, which takes the mail of many domains, needs no caution.
            first = FIRST if name == claim.destination else MOST
            lane = self._lanes[name] = Lane(name, self.means, carry, self._paces.setdefault(name, Pace(first)))
        lane.add(claim)

    def busy(self, most: int) -> Busy:
        """Where ``most`` recipients or more are in hand."""
        return self.means.router.served_by({name for name, lane in self._lanes.items() if lane.in_hand >= most})

    def destinations(self) -> list[Destination]:
        """Those that are sent to now or were within the hour, the last ones first."""
        last = sorted(self._paces.items(), key=lambda one: one[1].used_at, reverse=True)[:SHOWN]
        return [self._lanes[name].state if name in self._lanes else pace.state(name) for name, pace in last]

    def waiting(self) -> list[int]:
        """The ids of recipients that have not begun."""
        return [one for lane in self._lanes.values() for one in lane.waiting]

    def recall(self, stopped: Set[int]) -> list[int]:
        """Take those back that have not begun; gives their ids. They have no end here."""
        return [one for lane in self._lanes.values() for one in lane.recall(stopped)]

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
        since = time.monotonic() - KEPT
        self._paces = {name: pace for name, pace in self._paces.items() if name in self._lanes or pace.used_at > since}
