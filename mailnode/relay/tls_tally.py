"""How TLS with other hosts went, counted by domain and day until it is written down (RFC 8460 §4).

A session is a connection that was made to hand mail over, or that was not because of TLS.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mailnode.relay.demand import Demand

DAY = 86_400
MAX_KINDS = 10_000  # counted at once; what comes beyond is not
MAX_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted together; the fields are those of `TlsResult`, but for ``lines``, which is a tuple here."""

    day: int
    domain: str
    kind: str
    lines: tuple[str, ...]
    result: str
    host: str
    address: str
    reason: str


@dataclass(slots=True)
class Tally:
    """``add`` while sending, ``take`` to write it down."""

    clock: Callable[[], float] = time.time
    counts: Counter[Counted] = field(default_factory=Counter)

    def add(self, domain: str, host: str, address: str, demand: Demand, result: str = "", reason: str = "") -> None:
        """One session; ``result`` "" is a success. Address literals have no policies."""
        if domain.startswith("["):
            return
        day = int(self.clock() // DAY)
        one = Counted(day, domain, demand.kind, demand.lines, result, host, address, reason[:MAX_REASON])
        if one in self.counts or len(self.counts) < MAX_KINDS:
            self.counts[one] += 1

    def take(self) -> Counter[Counted]:
        taken, self.counts = self.counts, Counter()
        return taken
