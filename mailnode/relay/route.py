"""Which hosts take mail for a destination, in the order in which to try them (RFC 5321 §5.1).

- MX records by preference; equal ones in random order, so that load spreads.
- A null MX says that the domain takes no mail (RFC 7505): failed at once, not after five days.
- No MX record: the domain itself is the host ("implicit MX"), by its A and AAAA records.
- CNAMEs are followed by the resolver, of the domain as of the hosts.
- An address literal is its own route, without any question.
- Where this node is one of the hosts, it and the less preferred ones are left out: mail must come
  nearer to its goal with each step. Nothing left is a loop, 5.4.6.
- Of each host the IPv6 and IPv4 addresses take turns, IPv6 first, so that a broken protocol costs one
  attempt and not one for each address (as RFC 8305 §4 orders them).

What the DNS does not know now is Deferred; what it says is not there is Failed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from mailnode.queue.outcome import Deferred, Failed
from mailnode.resolver import Mx, Resolver, Status
from mailnode.settings import Listen, Smarthost

MAX_HOSTS = 10  # MX records looked at
MAX_ADDRESSES = 20  # of all hosts together: a hostile zone must not make us knock on a thousand doors


@dataclass(frozen=True, slots=True)
class Host:
    """One address to connect to. ``name`` is the MX name, or the literal; TLS and reports use it."""

    name: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Route:
    """Hosts, best first; never empty. With a smarthost also how to log in there."""

    hosts: tuple[Host, ...]
    smarthost: Smarthost | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """What this node is called, and where it listens: for telling that a route leads back to it."""

    names: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def of(cls, hostname: str, listens: Iterable[Listen], relay_port: int) -> Here:
        """Only sockets on ``relay_port`` can be reached by a route."""
        own = frozenset(listen.host for listen in listens if listen.port == relay_port)
        return cls(frozenset([hostname.rstrip(".").lower()]), own)


@dataclass(frozen=True, slots=True)
class Router:
    """Finds routes. ``random`` shuffles equal preferences."""

    resolver: Resolver
    here: Here
    port: int = 25
    ipv6: bool = True
    smarthost: Smarthost | None = None
    random: Random = field(default_factory=Random)

    async def route(self, destination: str) -> Route | Deferred | Failed:
        """Where mail for the domain or address literal goes."""
        if self.smarthost is not None:
            return await self._to_smarthost(self.smarthost)
        if destination.startswith("["):
            return self._literal(destination)
        answer = await self.resolver.mx(destination)
        match answer.status:
            case Status.TEMPORARY:
                return Deferred("4.4.3", f"The DNS does not answer for {destination}")
            case Status.NO_DOMAIN:
                return Failed("5.1.2", f"The domain {destination} does not exist")
            case Status.NO_RECORDS:
                return await self._hosts(destination, [Mx(0, destination)])
            case Status.FOUND:
                if all(not mx.host for mx in answer.records):
                    return Failed("5.1.10", f"The domain {destination} takes no mail")  # RFC 7505 §4.2
                return await self._hosts(destination, [mx for mx in answer.records if mx.host])

    async def _hosts(self, destination: str, records: Sequence[Mx]) -> Route | Deferred | Failed:
        records = self._ordered(records)
        found = await asyncio.gather(*[self._addresses(mx.host) for mx in records])
        own = [mx.preference for mx, (hosts, _) in zip(records, found, strict=True) if self._is_here(mx.host, hosts)]
        if own:
            kept = [mx.preference < min(own) for mx in records]
            if not any(kept):
                return Failed("5.4.6", f"Mail for {destination} loops back to this host: it is the best MX")
            found = list(itertools.compress(found, kept))
        hosts = tuple(itertools.chain.from_iterable(hosts for hosts, _ in found))[:MAX_ADDRESSES]
        if hosts:
            return Route(hosts)
        if any(temporary for _, temporary in found):
            return Deferred("4.4.3", f"The DNS does not answer for the hosts of {destination}")
        return Failed("5.4.4", f"No host of {destination} has an address")

    def _ordered(self, records: Sequence[Mx]) -> list[Mx]:
        mixed = list(records)
        self.random.shuffle(mixed)
        return sorted(mixed, key=lambda mx: mx.preference)[:MAX_HOSTS]

    async def _addresses(self, name: str) -> tuple[list[Host], bool]:
        """The host's addresses, and whether there may be more that the DNS did not tell."""
        v4, v6 = await asyncio.gather(self.resolver.a(name), self.resolver.aaaa(name))
        own = [list(v6.records) if self.ipv6 else [], list(v4.records)]
        for addresses in own:
            self.random.shuffle(addresses)
        turns = itertools.chain.from_iterable(itertools.zip_longest(*own))
        return [Host(name, address, self.port) for address in turns if address], v4.temporary or v6.temporary

    def _is_here(self, name: str, hosts: Sequence[Host]) -> bool:
        return name in self.here.names or any(host.address in self.here.addresses for host in hosts)

    def _literal(self, destination: str) -> Route | Failed:
        """RFC 5321 §4.1.3."""
        inner = destination.strip("[]")
        try:
            address = str(ipaddress.ip_address(inner[5:] if inner[:5].lower() == "ipv6:" else inner))
        except ValueError:
            return Failed("5.1.2", f"{destination} is not an address literal")
        if address in self.here.addresses:
            return Failed("5.4.6", f"{destination} is this host")
        return Route((Host(destination, address, self.port),))

    async def _to_smarthost(self, smarthost: Smarthost) -> Route | Deferred:
        """A smarthost that cannot be found is a fault of ours, whatever the DNS says: never bounce for it."""
        try:
            addresses = [str(ipaddress.ip_address(smarthost.host))]
        except ValueError:
            addresses = [host.address for host in (await self._addresses(smarthost.host))[0]]
        if not addresses:
            return Deferred("4.4.4", f"The smarthost {smarthost.host} has no address")
        return Route(tuple(Host(smarthost.host, one, smarthost.port) for one in addresses), smarthost)
