"""Bodies that were read a moment ago: large ones in part, since the client will be back for the next part, small ones
as a whole, since the user's other devices will ask for them too.

Phones fetch a large message piece by piece (RFC 9051 §6.4.5, partial); without this each piece would read and
unpack the whole body again. Bounded in octets; keyed by owner and place, and the bytes at a place never change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from mailnode.octets import Octets
from mailnode.store.blobs import Place

MAX_OCTETS = 64 * 1024 * 1024
WORTH_KEEPING = 64 * 1024  # octets of a body that is read in part
OVERHEAD = 300  # octets of one that is kept

Key = tuple[int, str, int]
Read = Callable[[Place], Octets]  # what ``store.bodies.opener`` gives


class Bodies:
    """One for each process; safe for threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def read(self, read: Read, user_id: int, place: Place, *, again: bool) -> Octets:
        """The body, from ``read`` if it must; ``again`` when more of it will be asked for. Raises StoreDamaged."""
        if not again:
            return read(place)
        key = (user_id, place.segment, place.offset)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        body = read(place)
        if not isinstance(body, bytes):  # any stretch of it can be had
            return body
        if WORTH_KEEPING <= len(body) <= MAX_OCTETS:
            self._keep(key, body)
        return body

    def found(self, user_id: int, places: Sequence[Place]) -> list[bytes | None]:
        """Those of the bodies that are here."""
        with self._lock:
            bodies = [self._kept.get((user_id, place.segment, place.offset)) for place in places]
            for place, body in zip(places, bodies, strict=True):
                if body is not None:
                    self._kept.move_to_end((user_id, place.segment, place.offset))
            return bodies

    def keep(self, user_id: int, place: Place, body: Octets) -> None:
        """Remember a small body that was read as a whole: another device will ask for it too."""
        if isinstance(body, bytes) and len(body) < WORTH_KEEPING:
            self._keep((user_id, place.segment, place.offset), body)

    def _keep(self, key: Key, body: bytes) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = body
            self._size += len(body) + OVERHEAD
            while self._size > MAX_OCTETS:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone) + OVERHEAD
