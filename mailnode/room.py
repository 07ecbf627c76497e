"""Room for messages that are coming in, in memory and on the disk: all doors of a process share it. It has an end.

A message's first `FREE` octets cost nothing, so that common mail comes in whatever else goes on. Beyond
that a message takes room as it arrives and keeps it until it is stored. One that is larger than
`octets.LARGE`, or for which memory has no room, goes on in a file; when the disk has none either, the message is
refused for now. One address has a part of the room at most, so that a single client that begins fifty
large messages and ends none cannot keep everybody else's out. Clients on this machine may have all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mailnode.octets import Octets
from mailnode.peers import is_loopback, network
from mailnode.spooled import FOLDER, Spooled, free

FREE = 64 * 1024
PART = 4  # the room of one address is so many times smaller
MEMORY = 64 * 1024 * 1024
STEP = 4 * 1024 * 1024  # octets of the disk that a message takes at a time


class Room:
    """One for each process. ``folder`` is where large messages may lie; without one there is only memory. ``told``
    hears how many octets are in use, in memory and on the disk, whenever that changes."""

    def __init__(self, octets: int, folder: Path | None = None, told: Callable[[int], None] | None = None) -> None:
        self.left = octets
        self.folder = folder
        self._size = octets
        self._told = told
        self._part = octets // PART
        self._by_address: dict[str, int] = {}
        self._on_disk: dict[str, int] = {}

    @classmethod
    def for_messages(cls, data_dir: Path, told: Callable[[int], None] | None = None) -> Room:
        return cls(MEMORY, data_dir / FOLDER, told)

    def share(self, address: str) -> Share:
        """The room of one message from this address; empty at first."""
        return Share(self, "" if is_loopback(address) else network(address))

    def take(self, address: str, octets: int) -> bool:
        used = self._by_address.get(address, 0) + octets
        if octets > self.left or (address and used > self._part):
            return False
        self.left -= octets
        self._by_address[address] = used
        self._tell()
        return True

    def give_back(self, address: str, octets: int) -> None:
        self.left += octets
        used = self._by_address.pop(address) - octets
        if used:
            self._by_address[address] = used
        self._tell()

    def take_on_disk(self, folder: Path, address: str, octets: int) -> bool:
        """At most half of what the disk has free may lie in the spool."""
        used = sum(self._on_disk.values())
        allowed = (free(folder) + used) // 2
        here = self._on_disk.get(address, 0) + octets
        if used + octets > allowed or (address and here > allowed // PART):
            return False
        self._on_disk[address] = here
        self._tell()
        return True

    def give_back_disk(self, address: str, octets: int) -> None:
        used = self._on_disk.pop(address) - octets
        if used:
            self._on_disk[address] = used
        self._tell()

    def _tell(self) -> None:
        if self._told is not None:
            self._told(self._size - self.left + sum(self._on_disk.values()))


class Share:
    """What one message has, or one command with its literals; give it back when it is stored or gone."""

    __slots__ = ("_address", "_held", "_on_disk", "_room", "_taken")

    def __init__(self, room: Room, address: str) -> None:
        self._room = room
        self._address = address
        self._held = 0  # octets that have come
        self._taken = 0  # of these, what was not free
        self._on_disk = 0

    def grow(self, octets: int) -> bool:
        """So many more have come; False when there is no room for them in memory."""
        self._held += octets
        wanted = self._held - FREE - self._taken
        if wanted <= 0:
            return True
        if not self._room.take(self._address, wanted):
            self._held -= octets
            return False
        self._taken += wanted
        return True

    def spill(self, octets: int) -> Sink | None:
        """A file for what comes next and for these octets, which memory has held; None where there is no disk."""
        if self._room.folder is None:
            return None
        try:
            sink = Sink(self, Spooled(self._room.folder))
        except OSError:
            return None
        self.shrink(octets)
        return sink

    def shrink(self, octets: int) -> None:
        """So many are not held in memory any more."""
        self._held -= octets
        less = self._taken - max(0, self._held - FREE)
        if less > 0:
            self._taken -= less
            self._room.give_back(self._address, less)

    def grow_on_disk(self) -> bool:
        """One more `STEP`; False when the disk has no room for it."""
        if self._room.folder is None or not self._room.take_on_disk(self._room.folder, self._address, STEP):
            return False
        self._on_disk += STEP
        return True

    def give_back(self) -> None:
        """Harmless when called again."""
        if self._taken:
            self._room.give_back(self._address, self._taken)
        if self._on_disk:
            self._room.give_back_disk(self._address, self._on_disk)
        self._held = self._taken = self._on_disk = 0


class Sink:
    """One message on its way into a file."""

    __slots__ = ("_left", "_share", "_spooled")

    def __init__(self, share: Share, spooled: Spooled) -> None:
        self._share = share
        self._spooled = spooled
        self._left = 0  # octets that may be written before more room is asked for

    def write(self, data: bytes) -> bool:
        """False when there is no room for it."""
        while self._left < len(data):
            if not self._share.grow_on_disk():
                return False
            self._left += STEP
        try:
            self._spooled.write(data)
        except OSError:
            return False
        self._left -= len(data)
        return True

    def whole(self) -> Octets:
        """All that was written."""
        return self._spooled
