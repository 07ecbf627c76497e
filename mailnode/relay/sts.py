"""The MTA-STS policies of the domains we send to: looked up, fetched, kept and renewed (RFC 8461 §3, §5).

A policy that was fetched holds until its max_age is over; a DNS or a web server that is silent, or is
kept from answering, takes nothing back. A new id in the DNS makes us fetch anew, and so does every day
of a policy's life, so that it is new again long before it ends. After a fetch that failed the web
server is left in peace for some minutes.

Web servers that are slow keep nobody waiting but those who write to their domains, and these not for long: a few
fetches at once from one address, and many from all together. Mail whose time of waiting is over goes as if there were
no policy, as it does after a fetch that has failed (RFC 8461 §3.3); the fetch goes on for those that come later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mailnode import log
from mailnode.offload import Offload
from mailnode.peers import network
from mailnode.relay import sts_shelf
from mailnode.relay.https import CannotFetch, Https
from mailnode.relay.sts_policy import MAX_POLICY, BadPolicy, Policy, parse, policy_id
from mailnode.relay.sts_shelf import Fetched, Kept
from mailnode.relay.turns import Turns
from mailnode.resolver import Resolver

DAY = 86_400
LOOKED_FOR = 60.0  # seconds until the database is asked again, where another process may have written
FAILED_FOR = 300.0  # seconds: RFC 8461 §3.3
PATIENCE = 20.0  # seconds that mail waits, for its turn and for the fetch
TIMEOUT = 30.0  # seconds for a fetch: less than the minute of RFC 8461 §3.3, since others wait for their turn
EACH, TOGETHER = 4, 100  # fetches at once, from one address and from all
MAX_KNOWN = 10_000

_log = log.get("relay")


@dataclass(frozen=True, slots=True)
class Looked:
    """A domain's policy, None where it has none; ``fault`` and ``why`` where one was announced and not had.

    ``fault`` is of RFC 8460 §4.3.2: sts-policy-fetch-error, sts-policy-invalid or sts-webpki-invalid.
    """

    policy: Policy | None = None
    fault: str = ""
    why: str = ""


NOTHING = Looked()


class Policies:
    """One for a process. ``clock`` gives seconds since the epoch."""

    def __init__(
        self, resolver: Resolver, https: Https, offload: Offload, clock: Callable[[], float] = time.time
    ) -> None:
        self._resolver = resolver
        self._https = https
        self._offload = offload
        self._clock = clock
        self._known: dict[str, tuple[float, Kept | None]] = {}  # until when, and what the database said
        self._failed: dict[str, tuple[float, Looked]] = {}
        self._fetching: dict[str, asyncio.Task[Looked]] = {}
        self._turns = Turns(each=EACH, together=TOGETHER)

    async def of(self, domain: str) -> Looked:
        """What the domain wants of those who send to it. Never raises for what others do."""
        kept, answer = await asyncio.gather(self._kept(domain), self._resolver.txt(f"_mta-sts.{domain}"))
        announced = policy_id(answer.records)
        if kept is not None and announced in (None, kept.id):
            if announced and self._clock() - kept.fetched_at > DAY:
                self._fetch(domain, announced)  # while the old one still holds
            return Looked(kept.policy)
        if announced is None:
            return NOTHING
        looked = await self._awaited(domain, announced)
        return Looked(kept.policy) if looked.policy is None and kept is not None else looked

    async def _awaited(self, domain: str, announced: str) -> Looked:
        """What is fetched, for as long as mail waits for it."""
        if (failed := self._failed_lately(domain)) is not None:
            return failed
        try:
            return await asyncio.wait_for(asyncio.shield(self._fetch(domain, announced)), PATIENCE)
        except TimeoutError:
            return self._note_failure(domain, CannotFetch("It is not there in time"))

    async def renew(self) -> None:
        """For now and then: fetch anew what is a day old, and forget what holds no more."""
        now = int(self._clock())
        await self._offload.write(partial(sts_shelf.remove, now=now))
        last = Fetched(0, "")
        while some := await self._offload.read(partial(sts_shelf.old, before=now - DAY, now=now, after=last)):
            await asyncio.gather(*[self._renew(one.domain) for one in some])
            last = some[-1]

    async def _renew(self, domain: str) -> None:
        announced = policy_id((await self._resolver.txt(f"_mta-sts.{domain}")).records)
        if announced:
            await self._fetch(domain, announced)

    async def close(self) -> None:
        for task in tuple(self._fetching.values()):
            task.cancel()

    async def _kept(self, domain: str) -> Kept | None:
        """What still holds of what was fetched."""
        now = self._clock()
        until, kept = self._known.get(domain, (0.0, None))
        if until <= now:
            kept = await self._offload.look(partial(sts_shelf.find, domain=domain))
            self._know(domain, kept)
        return kept if kept is not None and kept.expires_at > now else None

    def _know(self, domain: str, kept: Kept | None) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[domain] = (self._clock() + LOOKED_FOR, kept)

    def _fetch(self, domain: str, announced: str) -> asyncio.Task[Looked]:
        """One fetch for all who ask at the same time."""
        task = self._fetching.get(domain)
        if task is None:
            task = self._fetching[domain] = asyncio.create_task(self._fetched(domain, announced))
            task.add_done_callback(lambda _: self._fetching.pop(domain, None))
        return task

    async def _fetched(self, domain: str, announced: str) -> Looked:
        if (failed := self._failed_lately(domain)) is not None:
            return failed
        host = f"mta-sts.{domain}"
        try:
            addresses = await self._https.addresses(host)
            async with self._turns.of(network(addresses[0])):
                text = await self._https.text(host, addresses, "/.well-known/mta-sts.txt", MAX_POLICY)
            policy = parse(text)
        except (CannotFetch, BadPolicy) as error:
            return self._note_failure(domain, error)
        self._failed.pop(domain, None)
        now = int(self._clock())
        kept = Kept(announced, policy, now, now + policy.max_age)
        self._know(domain, kept)
        try:
            await self._offload.write(partial(sts_shelf.put, domain=domain, kept=kept))
        except Exception:  # the mail need not wait for that
            _log.exception("policy not kept", domain=domain)
        _log.info("policy fetched", domain=domain, mode=policy.mode, max_age=policy.max_age)
        return Looked(policy)

    def _failed_lately(self, domain: str) -> Looked | None:
        until, failed = self._failed.get(domain, (0.0, NOTHING))
        return failed if until > self._clock() else None

    def _note_failure(self, domain: str, error: CannotFetch | BadPolicy) -> Looked:
        if isinstance(error, BadPolicy):
            fault = "sts-policy-invalid"
        else:
            fault = "sts-webpki-invalid" if error.untrusted else "sts-policy-fetch-error"
        _log.warning("policy not fetched", domain=domain, error=str(error))
        looked = Looked(None, fault, str(error))
        if len(self._failed) >= MAX_KNOWN:
            self._failed.clear()
        self._failed[domain] = (self._clock() + FAILED_FOR, looked)
        return looked
