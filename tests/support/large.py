"""Octets that say they are large, however few they are: what works on them must give what it gives for bytes."""

from __future__ import annotations

from mailnode.octets import Large, Octets


class Windowed(Large):
    """``raw`` seen through a window; counts what is read of it."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.raw = raw
        self.octets_read = 0

    def __len__(self) -> int:
        return len(self.raw)

    def read(self, start: int, end: int) -> bytes:
        assert 0 <= start <= end <= len(self.raw)
        self.octets_read += end - start
        return self.raw[start:end]


class File:
    """A sink in memory; ``room`` octets at most."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.data = b""
        self.room = room

    def write(self, data: bytes) -> bool:
        self.data += data
        return len(self.data) <= self.room

    def whole(self) -> Octets:
        return Windowed(self.data)


class Share:
    """Room for so many octets in memory, and behind that a file with so many, or none."""

    def __init__(self, memory: int, disk: int | None = None) -> None:
        self.memory = memory
        self.disk = disk
        self.held = 0
        self.files: list[File] = []

    def grow(self, octets: int) -> bool:
        if self.held + octets > self.memory:
            return False
        self.held += octets
        return True

    def spill(self, octets: int) -> File | None:
        if self.disk is None:
            return None
        self.held -= octets
        self.files.append(File(self.disk))
        return self.files[-1]

    def give_back(self) -> None:
        self.held = 0
