"""Large bodies that were read in part a moment ago, since the client will be back for the next part.

Phones fetch a large message piece by piece (RFC 9051 §6.4.5, partial); without this each piece would read and
unpack the whole body again. Bounded in octets; keyed by owner and place, and the bytes at a place never change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from mailnode.octets import Octets
from mailnode.store.blobs import Place

MAX_OCTETS = 64 * 1024 * 1024
WORTH_KEEPING = 64 * 1024

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

    def _keep(self, key: Key, body: bytes) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = body
            self._size += len(body)
            while self._size > MAX_OCTETS:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone)
