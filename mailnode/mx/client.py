"""What the DNS knows of a client's address: its name, and lists of the good and the bad.

- A client has a name when its address leads to a name and the name back to the address. Machines that send mail
  have one; those at the far end of a subscriber's line mostly do not, or one that spells the address.
- Lists are asked for the address backwards below their zone (RFC 5782 §2.1, §2.4). A list that does not answer
  says nothing.

All is asked at the same time when the client connects, and used when there is something to decide.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from mailnode.findings import Action, Finding
from mailnode.mx.judgement import Seen, weighed, weighed_as
from mailnode.mx.remembered import Remembered
from mailnode.resolver import reverse_name
from mailnode.senderauth.lookup import Lookup
from mailnode.settings import Settings
from mailnode.strangers import DnsList

KEPT = 120.0  # seconds
NAMES = 3  # of one address that are looked at

_NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Client:
    """``name`` is the host name that the address and the DNS agree on. ``welcome``: a list vouches for the client."""

    name: str = ""
    findings: tuple[Finding, ...] = ()
    welcome: bool = False


NOBODY = Client()


@lru_cache(1024)
def is_public(address: str) -> bool:
    """Whether anything outside could know the address; what is no address is known to nobody."""
    try:
        return ip_address(address).is_global
    except ValueError:
        return False


class Clients:
    """One for a door; remembers those that were here a moment ago."""

    def __init__(self, settings: Settings, resolver: Lookup) -> None:
        self._settings = settings
        self._resolver = resolver
        self._known: Remembered[Client] = Remembered(KEPT)

    def expect(self, address: str) -> asyncio.Task[Client] | None:
        """Begin to ask, where there is something to ask."""
        return self._known.ask(address, lambda: self._look_up(address)) if is_public(address) else None

    async def found(self, address: str) -> Client:
        if not is_public(address):
            return NOBODY
        return await self._known.get(address, lambda: self._look_up(address))

    async def _look_up(self, address: str) -> Client:
        lists = [_listed(self._resolver, address, one) for one in self._settings.dns_lists]
        (name, seen), listed = await asyncio.gather(name_of(self._resolver, address), asyncio.gather(*lists))
        findings = [one for one in listed if one is not None]
        return Client(name, (*weighed(self._settings, seen), *findings), any(one.score < 0 for one in findings))


async def name_of(resolver: Lookup, address: str) -> tuple[str, Sequence[Seen]]:
    """The client's name, "" without one, and what is to be said of it."""
    answer = await resolver.ptr(address)
    if answer.temporary:
        return "", ()
    if not answer.found:
        return "", [Seen("no_reverse_name", "The DNS has no name for the client's address")]
    ask = resolver.aaaa if ":" in address else resolver.a
    names = answer.records[:NAMES]
    answers = await asyncio.gather(*(ask(name) for name in names))
    for name, forward in zip(names, answers, strict=True):
        if any(ip_address(one) == ip_address(address) for one in forward.records):
            numbered = [Seen("numbered_name", f"The client's name only spells its address: {name}")]
            return name, numbered if spells_address(name, address) else ()
    if any(forward.temporary for forward in answers):
        return "", ()
    return "", [Seen("unconfirmed_name", f"The name of the client's address is not its own: {names[0]}")]


def spells_address(name: str, address: str) -> bool:
    """Whether a name is made of an IPv4 address, as those of subscribers' lines are."""
    if ":" in address:
        return False
    octets = address.split(".")
    numbers = [each.lstrip("0") or "0" for each in _NUMBERS.findall(name)]
    for wanted in (octets, octets[::-1]):
        if any(numbers[at : at + 4] == wanted for at in range(len(numbers) - 3)):
            return True
    return any(f"{''.join(each.zfill(3) for each in wanted)}" in name for wanted in (octets, octets[::-1]))


async def _listed(resolver: Lookup, address: str, one: DnsList) -> Finding | None:
    backwards = reverse_name(address).removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    answer = await resolver.a(f"{backwards}.{one.zone}")
    if not any(one.counts(record) for record in answer.records):
        return None
    good = not isinstance(one.weight, Action) and one.weight < 0
    said = "vouches for the client's address" if good else "lists the client's address"
    return weighed_as(one.weight, one.zone, f"{one.zone} {said} ({', '.join(answer.records[:4])})")
