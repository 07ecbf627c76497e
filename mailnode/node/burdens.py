"""How much large mail is on its way into each protocol process, for all of them to see.

One process takes in small messages more quickly than several, who wait for each other's commits; large ones keep a
process busy with themselves, and several share that work. So who stands back leaves nobody waiting for a process that
has more of them in hand.
"""

from __future__ import annotations

import mmap

MORE = 256 * 1024  # octets that make the difference


class Burdens:
    """Made before the processes are forked; each says what it has, by its turn from 0 on."""

    def __init__(self, processes: int) -> None:
        self._octets = memoryview(mmap.mmap(-1, 8 * processes)).cast("q")

    def put(self, turn: int, octets: int) -> None:
        self._octets[turn] = octets

    def is_lightest(self, turn: int) -> bool:
        """Whether each process whose turn is earlier has clearly more in hand."""
        enough = self._octets[turn] + MORE
        return all(octets > enough for octets in self._octets[:turn])
