"""Which names certificates are asked for: those of the settings and, where the web process speaks TLS itself, the hosts
at which others look for the policies of our domains (``mta-sts.DOMAIN``, RFC 8461 §3.3).

Such a host is only asked for once its name leads to us, as `mailnode.zone` says that it should: authorities count
failures, and many domains have their records later, or their policy elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mailnode.context import Context
from mailnode.directory import domains
from mailnode.resolver import Resolver
from mailnode.settings import Settings

AT_ONCE = 8  # questions to the DNS


def of_settings(settings: Settings) -> list[str]:
    return list(settings.acme_names or (settings.hostname.lower(),))


async def of_policies(context: Context, is_due: Callable[[str], bool]) -> list[str]:
    """The policy hosts that lead here; only those that are due are looked up."""
    settings = context.settings
    if not settings.listen_https:
        return []
    names = await context.offload.read(lambda tx: [f"mta-sts.{one.name}" for one in domains.domains(tx) if one.enabled])
    due = [name for name in names if is_due(name)]
    if not due:
        return []
    here, turn = await _addresses(context.resolver, settings.hostname), asyncio.Semaphore(AT_ONCE)

    async def leads_here(name: str) -> bool:
        async with turn:
            return bool(here & await _addresses(context.resolver, name))

    answers = await asyncio.gather(*map(leads_here, due))
    return [name for name, here_too in zip(due, answers, strict=True) if here_too]


async def _addresses(resolver: Resolver, name: str) -> set[str]:
    found = await asyncio.gather(resolver.a(name), resolver.aaaa(name))
    return {address for answer in found for address in answer.records}
