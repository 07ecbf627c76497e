"""What the relay of one process needs besides hosts: transports, other domains' policies, and counting.

`Upkeep.router` is made once; `round` is to be called every few seconds, and once before the first message.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from functools import partial

from mailnode import log
from mailnode.database import utcnow
from mailnode.directory import transports
from mailnode.directory.transports import Exits
from mailnode.offload import Offload
from mailnode.relay import demand, sts, tls_results
from mailnode.relay.https import Https
from mailnode.relay.proving import Prover
from mailnode.relay.route import Here, Router
from mailnode.relay.sts import Policies
from mailnode.relay.tls_reporting import Reporting
from mailnode.relay.tls_tally import DAY, Tally
from mailnode.resolver import Resolver
from mailnode.settings import Settings

PAUSE = 5.0  # seconds between rounds: how soon a new transport is taken
WRITE_EVERY, RENEW_EVERY = 60.0, 3600.0
REPORTS_AFTER = timedelta(minutes=10)  # a day's end, when every process has written down what it counted

_log = log.get("relay")


class Upkeep:
    """One for a process."""

    def __init__(self, settings: Settings, offload: Offload, resolver: Resolver) -> None:
        self.tally = Tally()
        self._offload = offload
        self._exits = Exits()
        self._next_write = time.monotonic() + WRITE_EVERY
        self._next_renewal = time.monotonic()
        self._renewing: asyncio.Task[None] | None = None
        trust = demand.verified()
        self.policies = Policies(resolver, Https(resolver, trust, settings.sts_port, sts.TIMEOUT), offload)
        self._reporting = Reporting(settings.hostname, offload, resolver, Https(resolver, trust))
        self._sends_reports = settings.tlsrpt_send
        self.router = Router(
            resolver,
            Here.of(settings.hostname, settings.listen_smtp, settings.relay_port),
            settings.relay_port,
            settings.ipv6,
            settings.smarthost,
            prover=Prover(resolver, self.policies),
            exits=lambda: self._exits,
        )

    async def round(self) -> None:
        """Read the transports again, and do what is due of the rest."""
        self._exits = await self._offload.read(transports.exits)
        now = time.monotonic()
        if now >= self._next_write:
            self._next_write = now + WRITE_EVERY
            await self.write()
        if now >= self._next_renewal and (self._renewing is None or self._renewing.done()):
            self._next_renewal = now + RENEW_EVERY
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """On its own, because it asks other domains' servers."""
        try:
            await self._offload.write(partial(tls_results.forget, today=int(time.time() // DAY)))
            await self.policies.renew()
            if self._sends_reports:
                await self._reporting.round(utcnow() - REPORTS_AFTER)
        except Exception:
            _log.exception("not renewed")

    async def write(self) -> None:
        """Write down what was counted."""
        counts = self.tally.take()
        if not counts:
            return
        try:
            await self._offload.write(partial(tls_results.add, counts=counts))
        except Exception:  # another machine has begun the same rows at the same moment
            self.tally.counts.update(counts)
            raise

    async def close(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        await self.policies.close()
        await self.write()
