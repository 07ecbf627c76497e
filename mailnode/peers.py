"""What a client's address tells a door: whether it is this machine, and how many connections it has.

Addresses are text as the socket names them; what is no IP address is nobody in particular. IPv4 written
as IPv6 (``::ffff:192.0.2.1``) is IPv4. Other IPv6 clients are counted by /64, which is what one customer
is given.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mailnode.settings import Networks


@lru_cache(1024)
def is_loopback(address: str) -> bool:
    """True for the address of a client on this machine."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def is_within(address: str, networks: Networks) -> bool:
    """True where one of the networks holds the address."""
    return bool(networks) and _is_within(address, networks)


@lru_cache(1024)
def _is_within(address: str, networks: Networks) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


class Connections:
    """How many connections each address has in this process, and all of one provider's network together.

    ``enter`` and ``leave`` come in pairs. ``of_network`` 0: networks are not counted; this machine never is one.
    """

    def __init__(self, limit: int, of_network: int = 0) -> None:
        self.total = 0
        self._limit = limit
        self._of_network = of_network
        self._counts: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more; False when the address, or its network, now has more than the limit."""
        self.total += 1
        fits = self._count(network(address)) <= self._limit
        if self._of_network and not is_loopback(address):
            fits = (self._count(wide_network(address)) <= self._of_network) and fits
        return fits

    def leave(self, address: str) -> None:
        self.total = max(0, self.total - 1)
        self._uncount(network(address))
        if self._of_network and not is_loopback(address):
            self._uncount(wide_network(address))

    def _count(self, key: str) -> int:
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return count

    def _uncount(self, key: str) -> None:
        count = self._counts.get(key, 0) - 1
        if count > 0:
            self._counts[key] = count
        else:
            self._counts.pop(key, None)


@lru_cache(1024)
def network(address: str) -> str:
    """What counts as one client: the address, of IPv6 the /64."""
    if ":" not in address:
        return address
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return parsed.exploded[:19]
    return address if parsed is None else str(parsed)


@lru_cache(1024)
def wide_network(address: str) -> str:
    """What one provider's customer may have many addresses of: IPv4 the /24, IPv6 the /48."""
    parsed = _parsed(address)
    if parsed is None:
        return f"{address}/"
    return f"{ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False)}"


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
