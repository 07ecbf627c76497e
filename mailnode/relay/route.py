"""Which hosts take mail for a destination, in the order in which to try them (RFC 5321 §5.1).

- MX records by preference; equal ones in random order, so that load spreads.
- A null MX says that the domain takes no mail (RFC 7505): failed at once, not after five days.
- No MX record: the domain itself is the host ("implicit MX"), by its A and AAAA records.
- CNAMEs are followed by the resolver, of the domain as of the hosts.
- An address literal is its own route, without any question.
- Where this node is one of the hosts, it and the less preferred ones are left out: mail must come
  nearer to its goal with each step. Nothing left is a loop, 5.4.6.
- What each host has to prove comes from the domain (``proving``); a host that cannot is left out.
- Where the administrator has named another way for the domain, it is taken (``directory.transports``).
- Of each host the IPv6 and IPv4 addresses take turns, IPv6 first, so that a broken protocol costs one
  attempt and not one for each address (as RFC 8305 §4 orders them).

What the DNS does not know now is Deferred; what it says is not there is Failed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from random import Random

from mailnode.directory.transports import Exit, Exits
from mailnode.queue.busy import NOTHING, Busy
from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay import demand
from mailnode.relay.demand import Demand
from mailnode.relay.proving import Named, Prover, Unfit
from mailnode.relay.sts import Looked
from mailnode.resolver import Mx, Resolver, Status
from mailnode.settings import Listen, Smarthost

MAX_HOSTS = 10  # MX records looked at
MAX_ADDRESSES = 20  # of all hosts together: a hostile zone must not make us knock on a thousand doors


@dataclass(frozen=True, slots=True)
class Host:
    """One address to connect to. ``name`` is the MX name, or the literal; TLS and reports use it.

    ``signed``: DNSSEC vouches that the domain named it.
    """

    name: str
    address: str
    port: int
    demand: Demand = field(default=demand.NONE, compare=False)
    signed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Route:
    """Hosts, best first. ``unfit`` are those that the domain's policy keeps us from, each with a sentence; where they
    are all there is, ``hosts`` is empty. With a smarthost also how to log in there. ``source``: the local address."""

    hosts: tuple[Host, ...]
    smarthost: Smarthost | None = None
    unfit: tuple[tuple[Host, str], ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the DNS says of one host's addresses. ``temporary``: there may be more that it did not tell."""

    hosts: tuple[Host, ...]
    temporary: bool = False
    signed: bool = False
    canonical: str = ""


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


def _lane_of(pattern: str) -> str:
    return f"transport {pattern}"


def _no_exits() -> Exits:
    return Exits()


@dataclass(frozen=True, slots=True)
class Router:
    """Finds routes. ``random`` shuffles equal preferences; without ``prover`` no host has to prove anything."""

    resolver: Resolver
    here: Here
    port: int = 25
    ipv6: bool = True
    smarthost: Smarthost | None = None
    random: Random = field(default_factory=Random)
    prover: Prover | None = None
    exits: Callable[[], Exits] = _no_exits

    def way_of(self, destination: str) -> Exit | Smarthost | tuple[str, str]:
        """What a connection serves: everything that has the same way. Of a domain's own hosts, domain and local
        address."""
        way = self.exits().of(destination)
        if way is not None and way.host:
            return way
        if way is None and self.smarthost is not None:
            return self.smarthost
        return destination, way.source if way is not None else ""

    def lane_of(self, destination: str) -> str:
        """Destinations of one lane share its connections: those that leave through the same host."""
        way = self.exits().of(destination)
        if way is not None:
            return _lane_of(way.pattern) if way.host else destination
        return "smarthost" if self.smarthost is not None else destination

    def served_by(self, lanes: Set[str]) -> Busy:
        """What goes by these lanes: they are full."""
        if not lanes:
            return NOTHING
        below = [(pattern[2:], _lane_of(pattern) in lanes) for pattern in self.exits().wide]
        return Busy([name.removeprefix(_lane_of("")) for name in lanes], below, rest=self.lane_of("") in lanes)

    async def route(self, destination: str) -> Route | Deferred | Failed:
        """Where mail for the domain or address literal goes."""
        way = self.exits().of(destination)
        if way is not None and way.host:
            return await self._by_exit(way)
        if way is None and self.smarthost is not None:
            return await self._to_smarthost(self.smarthost)
        route = self._literal(destination) if destination.startswith("[") else await self._by_mx(destination)
        return self._from(way.source, route) if way is not None and isinstance(route, Route) else route

    async def _by_mx(self, destination: str) -> Route | Deferred | Failed:
        looked, answer = await asyncio.gather(self._policy(destination), self.resolver.mx(destination))
        match answer.status:
            case Status.TEMPORARY:
                return Deferred("4.4.3", f"The DNS does not answer for {destination}")
            case Status.NO_DOMAIN:
                return Failed("5.1.2", f"The domain {destination} does not exist")
            case Status.NO_RECORDS:
                records = [Mx(0, destination)]
            case Status.FOUND:
                records = [mx for mx in answer.records if mx.host]
                if not records:
                    return Failed("5.1.10", f"The domain {destination} takes no mail")  # RFC 7505 §4.2
        return await self._hosts(destination, records, looked, signed=answer.authentic)

    async def _policy(self, destination: str) -> Looked | None:
        return await self.prover.policy(destination) if self.prover is not None else None

    async def _hosts(
        self, destination: str, records: Sequence[Mx], looked: Looked | None, *, signed: bool
    ) -> Route | Deferred | Failed:
        records = self._ordered(records)
        found = await asyncio.gather(*[self._addresses(mx.host) for mx in records])
        own = [mx.preference for mx, one in zip(records, found, strict=True) if self._is_here(mx.host, one.hosts)]
        if own:
            kept = [mx.preference < min(own) for mx in records]
            if not any(kept):
                return Failed("5.4.6", f"Mail for {destination} loops back to this host: it is the best MX")
            records, found = list(itertools.compress(records, kept)), list(itertools.compress(found, kept))
        if any(one.hosts for one in found):
            named = [replace(one, signed=one.signed and signed) for one in found]
            return await self._proving(destination, records, named, looked)
        if any(one.temporary for one in found):
            return Deferred("4.4.3", f"The DNS does not answer for the hosts of {destination}")
        return Failed("5.4.4", f"No host of {destination} has an address")

    async def _proving(
        self, destination: str, records: Sequence[Mx], found: Sequence[_Found], looked: Looked | None
    ) -> Route:
        """The hosts with what they have to prove, without those that cannot."""
        if self.prover is None or looked is None:
            return Route(tuple(itertools.chain.from_iterable(one.hosts for one in found))[:MAX_ADDRESSES])
        named = [Named(mx.host, one.canonical, one.signed) for mx, one in zip(records, found, strict=True)]
        hosts: list[Host] = []
        unfit: list[tuple[Host, str]] = []
        verdicts = await self.prover.verdicts(destination, looked, named, self.port)
        for one, verdict in zip(found, verdicts, strict=True):
            if isinstance(verdict, Unfit):
                unfit += [(replace(host, demand=verdict.demand), verdict.why) for host in one.hosts]
            else:
                hosts += [replace(host, demand=verdict, signed=one.signed) for host in one.hosts]
        return Route(tuple(hosts[:MAX_ADDRESSES]), unfit=tuple(unfit[:MAX_ADDRESSES]))

    def _ordered(self, records: Sequence[Mx]) -> list[Mx]:
        mixed = list(records)
        self.random.shuffle(mixed)
        return sorted(mixed, key=lambda mx: mx.preference)[:MAX_HOSTS]

    async def _addresses(self, name: str, port: int | None = None) -> _Found:
        v4, v6 = await asyncio.gather(self.resolver.a(name), self.resolver.aaaa(name))
        own = [list(v6.records) if self.ipv6 else [], list(v4.records)]
        for addresses in own:
            self.random.shuffle(addresses)
        turns = itertools.chain.from_iterable(itertools.zip_longest(*own))
        hosts = tuple(Host(name, address, port or self.port) for address in turns if address)
        # RFC 7672 §2.2.2: what is not found must be vouched for as well, lest an alias be hidden. What the DNS keeps
        # back, or has found forged, gives no address and takes nothing away.
        told = [one for one in (v4, v6) if not one.temporary]
        signed = bool(told) and all(one.authentic for one in told)
        return _Found(hosts, len(told) < 2, signed, v4.canonical or v6.canonical or name)

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

    async def _to_smarthost(self, smarthost: Smarthost, wanted: Demand = demand.NONE) -> Route | Deferred:
        """A smarthost that cannot be found is a fault of ours, whatever the DNS says: never bounce for it."""
        try:
            addresses = [str(ipaddress.ip_address(smarthost.host))]
        except ValueError:
            addresses = [host.address for host in (await self._addresses(smarthost.host)).hosts]
        if not addresses:
            return Deferred("4.4.4", f"The smarthost {smarthost.host} has no address")
        hosts = tuple(Host(smarthost.host, one, smarthost.port, wanted) for one in addresses)
        return Route(hosts, smarthost)

    async def _by_exit(self, way: Exit) -> Route | Deferred:
        """Through the host of a transport; who is given a password proves its name first."""
        smarthost = Smarthost(way.host, way.port, way.implicit, way.login, way.password)
        proven = way.tls == "verified" or way.login is not None
        wanted = demand.BY_CERTIFICATE if proven else Demand(tls=way.tls == "required" or way.implicit)
        route = await self._to_smarthost(smarthost, wanted)
        return self._from(way.source, route) if isinstance(route, Route) else route

    def _from(self, source: str, route: Route) -> Route:
        """From a local address only hosts of its family can be reached."""
        if not source:
            return route
        family = ipaddress.ip_address(source).version
        hosts = tuple(host for host in route.hosts if ipaddress.ip_address(host.address).version == family)
        return replace(route, hosts=hosts, source=source)
