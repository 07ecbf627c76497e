"""Sets of uids as ranges: what a client names with ``1:*`` is never spelled out.

A range is ``(low, high)``, both inside. Lists of ranges are sorted and do not overlap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Range = tuple[int, int]
EVERYTHING: tuple[Range, ...] = ((1, 2**32 - 1),)


def of(uids: Iterable[int]) -> list[Range]:
    """The fewest ranges that hold exactly these uids."""
    found: list[Range] = []
    low = high = 0
    for uid in sorted(uids):
        if low and uid <= high + 1:
            high = uid
        else:
            if low:
                found.append((low, high))
            low = high = uid
    if low:
        found.append((low, high))
    return found


def merged(parts: Iterable[Range]) -> list[Range]:
    """Sorted, without overlap; ``(9, 3)`` counts as ``(3, 9)`` (RFC 9051 §9, seq-range)."""
    found: list[Range] = []
    for low, high in sorted((min(part), max(part)) for part in parts):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def without(parts: Iterable[Range], uids: Sequence[int]) -> list[Range]:
    """What is left of the parts when these sorted uids are taken out."""
    found: list[Range] = []
    for low, high in parts:
        start = low
        for uid in uids[bisect_left(uids, low) : bisect_right(uids, high)]:
            if start < uid:
                found.append((start, uid - 1))
            start = uid + 1
        if start <= high:
            found.append((start, high))
    return found


def pieces(uids: Sequence[int], parts: Iterable[Range], most: int) -> list[list[Range]]:
    """The parts in order, cut so that no piece holds more than ``most`` of these sorted uids."""
    found: list[list[Range]] = [[]]
    room = most
    for low, high in parts:
        start = low
        while start <= high:
            if not room:
                found.append([])
                room = most
            first, behind = bisect_left(uids, start), bisect_right(uids, high)
            end = high if behind - first <= room else uids[first + room] - 1
            found[-1].append((start, end))
            room -= min(room, behind - first)
            start = end + 1
    return [piece for piece in found if piece]
