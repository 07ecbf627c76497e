"""Uids in blocks are what a list of them would be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.store import uids as module
from mailnode.store.uids import BLOCK, Uids
from tests.support.examples import examples

# Long stretches without gaps between others full of holes, as mailboxes have them.
STRETCHES = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 2 * BLOCK), st.integers(1, 3)), max_size=4)


def spelled_out(stretches: list[tuple[int, int, int]]) -> list[int]:
    found: list[int] = []
    last = 0
    for gap, count, step in stretches:
        found += range(last + gap, last + gap + count * step, step)
        last = found[-1]
    return found


@settings(deadline=None, max_examples=examples(20))
@given(STRETCHES, st.data())
def test_places_and_slices(stretches: list[tuple[int, int, int]], data: st.DataObject) -> None:
    plain = spelled_out(stretches)
    uids = Uids.of(plain)
    assert len(uids) == len(plain)
    assert [*uids] == plain
    low, high = sorted((data.draw(st.integers(0, len(plain))), data.draw(st.integers(0, len(plain)))))
    assert [*uids[low:high]] == plain[low:high]
    for uid in {1, *plain[low : low + 2], *(uid + 1 for uid in plain[:2]), 2**32 - 1}:
        assert uids.left(uid) == bisect_left(plain, uid)
        assert uids.right(uid) == bisect_right(plain, uid)
        assert uids.place(uid) == (plain.index(uid) if uid in plain else -1)
    if plain:
        assert uids[-1] == plain[-1]
        assert uids[low - 1] == plain[low - 1]


@settings(deadline=None, max_examples=examples(20))
@given(STRETCHES, STRETCHES, st.integers(1, 7))
def test_more_and_less(first: list[tuple[int, int, int]], more: list[tuple[int, int, int]], every: int) -> None:
    plain = spelled_out(first)
    fresh = [uid + (plain[-1] if plain else 0) for uid in spelled_out(more)]
    uids = Uids.of(plain).with_more(fresh)
    assert [*uids] == plain + fresh
    gone = (plain + fresh)[::every]
    left = [uid for uid in plain + fresh if uid not in set(gone)]
    assert [*uids.without(gone)] == left
    assert uids.without(gone).places(gone[:9]) == [-1] * len(gone[:9])


@settings(deadline=None, max_examples=examples(20))
@given(STRETCHES, st.integers(0, 3 * BLOCK))
def test_the_head_is_read_later(stretches: list[tuple[int, int, int]], unread: int) -> None:
    plain = spelled_out(stretches)
    unread = min(unread, max(len(plain) - 1, 0))
    uids = Uids.of(plain[unread:], unread)
    assert len(uids) == len(plain)
    assert [*uids[unread:]] == plain[unread:]
    if unread:
        with pytest.raises(LookupError):
            uids.place(plain[0])
        with pytest.raises(LookupError):
            uids[unread - 1]
    assert [*uids.with_head(Uids.of(plain[:unread]))] == plain
    with pytest.raises(LookupError):
        uids.with_head(Uids.of([*plain[:unread], 2**31]))


def test_a_million_without_gaps_are_two_numbers() -> None:
    uids = Uids.of(range(1, 1_000_001))
    assert uids._blocks == [range(1, 1_000_001)]
    assert len(uids.without([500_000])._blocks) < 5


def test_many_small_additions_do_not_make_many_blocks() -> None:
    uids = Uids.of([])
    for uid in range(2, 4 * module.BLOCK, 2):
        uids = uids.with_more([uid])
    assert len(uids._blocks) <= 3
