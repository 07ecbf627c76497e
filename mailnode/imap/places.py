"""Places in a result, counted from its start or, with negative numbers, from its end (RFC 9394 §3.1)."""

from __future__ import annotations

from collections.abc import Sequence


def places(found: Sequence[int], partial: tuple[int, int] | None) -> Sequence[int]:
    """The numbers at these places, in the order of ``found``; none without places."""
    if partial is None:
        return ()
    low, high = sorted(map(abs, partial))
    if partial[0] > 0:
        return found[low - 1 : high]
    return found[max(len(found) - high, 0) : max(len(found) - low + 1, 0)]
