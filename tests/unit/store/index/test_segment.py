"""A segment gives back what was put into it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.store.index.segment import (
    BLOCK,
    MOST_MESSAGES,
    Builder,
    Field,
    FieldReader,
    Segment,
    packed_ids,
    unpacked_ids,
)
from mailnode.store.index.terms import Part


def built(messages: list[set[bytes]]) -> Segment:
    builder = Builder()
    for number, terms in enumerate(messages):
        builder.add(number * 3 + 1, set(), terms)
    return builder.finish()


def reader(segment: Segment, field: Field) -> FieldReader:
    return FieldReader(field.vocabulary, segment.messages, lambda number: field.blocks[number])


def having(segment: Segment, *parts: Part) -> set[int]:
    return reader(segment, segment.body).having(parts)


@given(st.lists(st.sets(st.binary(min_size=1, max_size=3).filter(lambda term: b"\n" not in term)), max_size=30))
def test_every_term_knows_its_messages(messages: list[set[bytes]]) -> None:
    segment = built(messages)
    for term in set[bytes]().union(*messages):
        wanted = {number for number, terms in enumerate(messages) if term in terms}
        assert having(segment, Part(term, begins=True, ends=True)) == wanted


@given(st.lists(st.sets(st.text("ab", min_size=1, max_size=4).map(str.encode)), max_size=30), st.text("ab", min_size=1))
def test_parts_of_terms(messages: list[set[bytes]], sought: str) -> None:
    segment, part = built(messages), sought.encode()
    for begins, ends, fulfils in (
        (False, False, lambda term: part in term),
        (True, False, lambda term: term.startswith(part)),
        (False, True, lambda term: term.endswith(part)),
    ):
        wanted = {number for number, terms in enumerate(messages) if any(map(fulfils, terms))}
        assert having(segment, Part(part, begins, ends)) == wanted


@pytest.mark.parametrize("share", [1.0, 0.5, 0.01, 0.002])
def test_lists_of_any_density(share: float) -> None:
    chance = random.Random(5)
    numbers = {number for number in range(MOST_MESSAGES) if chance.random() < share} | {MOST_MESSAGES - 1}
    segment = built([{b"x"} if number in numbers else {b"y"} for number in range(MOST_MESSAGES)])
    assert having(segment, Part(b"x")) == numbers
    assert having(segment, Part(b"x"), Part(b"y")) == set()


def test_several_blocks() -> None:
    segment = built([{b"%05d" % number for number in range(start, start + 700)} for start in range(0, 5 * BLOCK, 500)])
    assert len(segment.body.blocks) > 4
    assert having(segment, Part(b"00600")) == {0, 1}
    assert having(segment, Part(b"0")) == set(range(segment.messages))


@given(st.sets(st.integers(1, 2**62)))
def test_ids(ids: set[int]) -> None:
    assert unpacked_ids(packed_ids(sorted(ids))) == sorted(ids)


def test_it_is_full_after_so_many_messages() -> None:
    builder = Builder()
    while not builder.full:
        builder.add(builder.last_id + 1, set(), {b"x"})
    assert len(builder) == MOST_MESSAGES
