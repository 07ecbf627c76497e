"""Recipients that could be served a moment ago, so that a burst to one of them asks once."""

from __future__ import annotations

from dataclasses import dataclass

from mailnode.directory.lookup import LocalUser, RemoteDomain
from mailnode.queue.outcome import Delivered, Ending

SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the directory says at RCPT. ``ending`` None: the recipient lives elsewhere. ``who``: the one user whose
    address it is, or the domain elsewhere."""

    ending: Ending | None
    sender_is_local: bool
    who: LocalUser | RemoteDomain | None = None


class Recent:
    """Only good news is kept, and for so short a time that nobody can tell. Whether there still is such a user, and
    room for the message, is decided by the delivery, in its transaction.
    """

    def __init__(self, seconds: float = SECONDS, most: int = 10_000) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: dict[tuple[str, str], tuple[float, int, Found]] = {}

    def get(self, key: tuple[str, str], size: int, now: float) -> Found | None:
        until, room, found = self._kept.get(key, (0.0, 0, None))
        return found if now < until and size <= room else None

    def put(self, key: tuple[str, str], size: int, now: float, found: Found, *, relays: bool = False) -> None:
        """``relays``: for whom asks, that somebody lives elsewhere is good news too."""
        if not (isinstance(found.ending, Delivered) or (relays and found.ending is None)):
            return
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = (now + self._seconds, size, found)
