"""What a reader of the wire asks of the room for what comes in: memory first, then a file.

Said here as protocols, because the readers know neither processes nor disks; ``mailnode.room`` is the real one.
"""

from __future__ import annotations

from typing import Protocol

from mailnode.octets import Octets


class Sink(Protocol):
    """A file for something large: a message's content, or a literal."""

    def write(self, data: bytes) -> bool:
        """False when there is no room for it."""

    def whole(self) -> Octets:
        """All that was written."""


class Share(Protocol):
    """The room that one message may take, or the literals of one command."""

    def grow(self, octets: int) -> bool:
        """So many more octets are kept from now on; False when memory has no room for them."""

    def spill(self, octets: int) -> Sink | None:
        """A file for these, which memory has held, and for all that follows; None where there is none."""

    def give_back(self) -> None:
        """Nothing is kept any more."""
