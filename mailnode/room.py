"""Memory for messages that are coming in: all doors of one process share it, and it has an end.

A message's first `FREE` octets cost nothing, so that common mail comes in whatever else goes on. Beyond
that a message takes room as it arrives and keeps it until it is stored; when there is none the message is
refused for now. One address has a part of the room at most, so that a single client that begins fifty
large messages and ends none cannot keep everybody else's out. Clients on this machine may have all of it.
"""

from __future__ import annotations

from mailnode.peers import is_loopback, network

FREE = 64 * 1024
PART = 4  # the room of one address is so many times smaller
LEAST, MESSAGES = 128 * 1024 * 1024, 6  # octets; largest messages


class Room:
    """One for each process."""

    def __init__(self, octets: int) -> None:
        self.left = octets
        self._part = octets // PART
        self._by_address: dict[str, int] = {}

    @classmethod
    def for_messages(cls, size_limit: int) -> Room:
        return cls(max(LEAST, MESSAGES * size_limit))

    def share(self, address: str) -> Share:
        """The room of one message from this address; empty at first."""
        return Share(self, "" if is_loopback(address) else network(address))

    def take(self, address: str, octets: int) -> bool:
        used = self._by_address.get(address, 0) + octets
        if octets > self.left or (address and used > self._part):
            return False
        self.left -= octets
        self._by_address[address] = used
        return True

    def give_back(self, address: str, octets: int) -> None:
        self.left += octets
        used = self._by_address.pop(address) - octets
        if used:
            self._by_address[address] = used


class Share:
    """What one message has; give it back when the message is stored or gone."""

    __slots__ = ("_address", "_held", "_room", "_taken")

    def __init__(self, room: Room, address: str) -> None:
        self._room = room
        self._address = address
        self._held = 0  # octets that have come
        self._taken = 0  # of these, what was not free

    def grow(self, octets: int) -> bool:
        """So many more have come; False when there is no room for them."""
        self._held += octets
        wanted = self._held - FREE - self._taken
        if wanted <= 0:
            return True
        if not self._room.take(self._address, wanted):
            return False
        self._taken += wanted
        return True

    def give_back(self) -> None:
        """Harmless when called again."""
        if self._taken:
            self._room.give_back(self._address, self._taken)
        self._held = self._taken = 0
