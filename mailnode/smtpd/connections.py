"""How many connections each client address has in this process.

IPv6 clients are counted by /64, which is what one customer is given.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


class Connections:
    """Counts by address. ``enter`` and ``leave`` come in pairs."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more; False when the address now has more than the limit."""
        key = _network(address)
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return count <= self._limit

    def leave(self, address: str) -> None:
        key = _network(address)
        count = self._counts.get(key, 0) - 1
        if count > 0:
            self._counts[key] = count
        else:
            self._counts.pop(key, None)


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or parsed.exploded[:19])
