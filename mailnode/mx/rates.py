"""How much one client, its network or one sender may bring in a time (`Settings.stranger_rates`), in this process.

What has been brought is counted in two halves of the time: the one that runs, and of the one before what of it still
counts. A client that is over its rate is asked to come later; what it brings then does not count. A sender is counted
in each network apart: anybody can name one, and would keep its mail away from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailnode.mx.greylist import network as wider
from mailnode.peers import network
from mailnode.proto.replies import Reply
from mailnode.smtpd.reception import Peer
from mailnode.strangers import Rate

MOST = 50_000  # counters
RULE = "stranger_rates"

PERIODS = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


@dataclass(slots=True)
class _Count:
    began: float
    now: int = 0
    before: int = 0

    def within(self, rate: Rate, moment: float) -> float:
        """How many there have been in the last ``rate.seconds``, about."""
        passed = moment - self.began
        if passed >= rate.seconds:
            self.before = self.now if passed < 2 * rate.seconds else 0
            self.began += rate.seconds * (passed // rate.seconds)
            self.now, passed = 0, moment - self.began
        return self.now + self.before * (1 - passed / rate.seconds)


class Rates:
    """One for a door. Only ever asked about strangers."""

    def __init__(self, rates: Sequence[Rate], clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = {
            what: [one for one in rates if one.what == what] for what in ("connections", "messages", "recipients")
        }
        self._clock = clock
        self._counts: dict[tuple[Rate, str], _Count] = {}

    def refusal(self, what: str, peer: Peer, sender: str = "") -> Reply | None:
        """Count one more; 450 or, of connections, 421 where that is more than there may be."""
        moment = self._clock()
        asked = [rate for rate in self._rates[what] if sender or rate.who != "sender"]
        counts = [(rate, self._count(rate, peer, sender, moment)) for rate in asked]
        for rate, count in counts:
            if count.within(rate, moment) + 1 > rate.number:
                text = f"{RULE}: {_WHO[rate.who]} has brought its {rate.number} {what} of a {PERIODS[rate.seconds]}"
                return Reply(421 if what == "connections" else 450, "4.7.0", f"{text}; please come later")
        for _, count in counts:
            count.now += 1
        return None

    def _count(self, rate: Rate, peer: Peer, sender: str, moment: float) -> _Count:
        who = network(peer.address) if rate.who == "client" else wider(peer.address)
        if rate.who == "sender":
            who = f"{who} {sender.lower()}"
        found = self._counts.get((rate, who))
        if found is None:
            if len(self._counts) >= MOST:
                self._tidy(moment)
            found = self._counts[rate, who] = _Count(moment)
        return found

    def _tidy(self, moment: float) -> None:
        """Forget those whose time is over; all, where that is not enough."""
        self._counts = {key: one for key, one in self._counts.items() if moment - one.began < 2 * key[0].seconds}
        if len(self._counts) >= MOST:
            self._counts.clear()


_WHO = {"client": "Your address", "network": "Your network", "sender": "This sender"}
