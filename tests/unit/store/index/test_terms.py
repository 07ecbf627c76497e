"""What a sought text asks of the terms is fulfilled by every text that holds it; and where it is exact, by no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.message.casemap import casemap
from mailnode.store.index.terms import LONGEST, OVERLAP, Part, terms, wanted

LETTERS = st.sampled_from("AB0. -_，。天気好あアÖé\u0308ß가\U00020000\u00a0\n")
RUNS = st.sampled_from(["A" * 31, "B" * 33, "AB" * 40, "天気" * 5, "X1" * 70])
TEXTS = st.lists(st.one_of(LETTERS, LETTERS, RUNS), max_size=12).map("".join).map(casemap)


def fulfils(text: str, part: Part) -> bool:
    """As a look through a vocabulary does it."""
    vocabulary = b"\n%b\n" % b"\n".join(terms(text.encode()))
    sought = (b"\n" if part.begins else b"") + part.text + (b"\n" if part.ends else b"")
    return sought in vocabulary


@given(TEXTS, TEXTS, TEXTS)
def test_every_part_of_a_text_is_found(before: str, sought: str, after: str) -> None:
    assert all(fulfils(before + sought + after, part) for part in wanted(sought).parts)


@given(TEXTS, TEXTS)
def test_what_is_exact_says_nothing_wrong(text: str, sought: str) -> None:
    asked = wanted(sought)
    if asked.exact:
        assert all(fulfils(text, part) for part in asked.parts) == (sought in text)


@pytest.mark.parametrize("text", ["A", "0", "W00042", "天", "天気", "가", "Ö", "A" * OVERLAP])
def test_words_need_no_look(text: str) -> None:
    assert wanted(casemap(text)).exact


@pytest.mark.parametrize("text", ["", " ", "。", "@", "=="])
def test_of_what_stands_between_words_the_terms_say_nothing(text: str) -> None:
    assert wanted(casemap(text)).parts == ()


@pytest.mark.parametrize("text", ["RE: A", "天気好", "A天", "A" * (OVERLAP + 1), "A-"])
def test_other_texts_need_a_look(text: str) -> None:
    assert not wanted(text).exact
    assert wanted(text).parts


def test_words_in_the_middle_are_whole() -> None:
    assert wanted("ONE TWO THREE").parts == (Part(b"ONE", ends=True), Part(b"TWO", True, True), Part(b"THREE", True))


def test_no_term_is_long() -> None:
    found = terms(b"A" * 10_000 + b" " + ("天" * 10_000 + "Ö" * 10_000).encode())
    assert max(len(term.decode()) for term in found) <= LONGEST
