"""Ranges hold exactly the uids that they were made of."""

from __future__ import annotations

import itertools

from hypothesis import given
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
