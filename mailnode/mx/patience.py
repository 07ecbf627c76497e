"""How long strangers wait: for the greeting of a server that does not know them, and for the answer to an error.

A program that talks before the greeting (RFC 5321 §4.3.1) is no mail server; one that has waited once need not wait
again for a day. Every refused sender or recipient makes the next one wait a little longer, up to a limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mailnode.peers import network
from mailnode.settings import Settings
from mailnode.smtpd.reception import Peer

KNOWN = 86400.0  # seconds
MOST = 50_000
STEPS = 5  # errors until the whole delay is reached


class Patience:
    """One for a door. Only ever asked about strangers."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._greeting = settings.greeting_delay
        self._error = settings.error_delay
        self._clock = clock
        self._known: dict[str, float] = {}

    def before_greeting(self, peer: Peer) -> float:
        """Seconds."""
        return 0.0 if self._known.get(network(peer.address), 0.0) > self._clock() else self._greeting

    def behaved(self, peer: Peer) -> None:
        """The client speaks, and did so when it was its turn."""
        if not peer.talked_early:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[network(peer.address)] = self._clock() + KNOWN

    def erred(self, peer: Peer) -> None:
        peer.delay = min(self._error, peer.delay + self._error / STEPS)
