"""Address lists, read once for all who need them: mailnode.message.envelope."""

from __future__ import annotations

import pytest

from mailnode.message import envelope
from mailnode.message.envelope import MAX_IN_WORDS, MAX_USUAL


def test_a_field_that_comes_twice_is_one_list() -> None:
    read = envelope.lists({b"to": [b" a@example.com", b" B <b@example.com>"]})
    assert read[b"to"].words == ("a@example.com", "B <b@example.com>")


def test_what_is_read_again_is_the_same_object() -> None:
    index = {b"from": [b"Somebody <somebody@example.com>"]}
    assert envelope.lists(index)[b"from"] is envelope.lists(index)[b"from"]


def test_but_long_lists_are_not_remembered() -> None:
    index = {b"to": [b"somebody@example.com," * (MAX_USUAL // 10)]}
    assert envelope.lists(index)[b"to"] is not envelope.lists(index)[b"to"]


def test_words_are_bounded() -> None:
    assert len(envelope.lists({b"cc": [b"a@b," * 2 * MAX_IN_WORDS]})[b"cc"].words) == MAX_IN_WORDS


@pytest.mark.parametrize(
    ("value", "first"),
    [(b"g: a@b, c@d;", ("a@b",)), (b"g:;, h:;, a@b", ()), (b"", ()), (b"A <a@b>, c@d", ("A <a@b>",))],
)
def test_the_first_is_sought_at_the_beginning(value: bytes, first: tuple[str, ...]) -> None:
    assert envelope.lists({b"from": [value]})[b"from"].first == first


def test_an_empty_list_is_as_if_there_were_none() -> None:
    index = {b"from": [b"a@b"], b"sender": [b""], b"to": [b" "]}
    assert envelope.of_index(index) == envelope.of_index({b"from": [b"a@b"]})
