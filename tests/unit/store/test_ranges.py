"""Ranges hold exactly the uids that they were made of."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.store import ranges

UIDS = st.integers(1, 200)


@given(st.sets(UIDS))
def test_of_holds_exactly_the_uids(uids: set[int]) -> None:
    found = ranges.of(uids)
    assert {uid for low, high in found for uid in range(low, high + 1)} == uids
    assert all(one[1] + 1 < two[0] for one, two in itertools.pairwise(found))


@given(st.lists(st.tuples(UIDS, UIDS)))
def test_merged_covers_the_same_without_overlap(parts: list[tuple[int, int]]) -> None:
    wanted = {uid for part in parts for uid in range(min(part), max(part) + 1)}
    assert ranges.merged(parts) == ranges.of(wanted)


@settings(deadline=None)
@given(st.lists(st.tuples(UIDS, UIDS)), st.sets(UIDS))
def test_without_leaves_the_rest(parts: list[tuple[int, int]], uids: set[int]) -> None:
    wanted = {uid for part in parts for uid in range(min(part), max(part) + 1)}
    assert ranges.without(ranges.merged(parts), sorted(uids)) == ranges.of(wanted - uids)


@settings(deadline=None)
@given(st.lists(st.tuples(UIDS, UIDS)), st.sets(UIDS), st.integers(1, 20))
def test_pieces_cover_the_same_and_none_is_large(parts: list[tuple[int, int]], uids: set[int], most: int) -> None:
    whole = ranges.merged(parts)
    found = ranges.pieces(sorted(uids), whole, most)
    assert ranges.merged([part for piece in found for part in piece]) == whole
    for piece in found:
        assert sum(1 for uid in uids if any(low <= uid <= high for low, high in piece)) <= most
