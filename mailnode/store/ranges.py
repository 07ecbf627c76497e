"""Sets of uids as ranges: what a client names with ``1:*`` is never spelled out.

A range is ``(low, high)``, both inside. Lists of ranges are sorted and do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable

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
