"""THREAD and the base subject, on the examples of RFC 5256 and on what is hostile."""

from __future__ import annotations

import pytest

from mailnode.message.base_subject import base_subject
from mailnode.message.casemap import casemap
from mailnode.message.threads import Threadable, by_references, ordered_subject, printed
from tests.support import pace


def message(number: int, references: str = "", subject: str = "S", sent: int = 0, id_: str = "") -> Threadable:
    return Threadable(number, sent or number, subject, id_ or f"m{number}", tuple(references.split()))


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("Re: [list] fwd [x]: Hello  you (fwd) (fwd)", ("Hello you", True)),
        ("[fwd: Re: Lunch]", ("Lunch", True)),
        ("[only a blob]", ("[only a blob]", False)),
        ("[list] News", ("News", False)),
        ("Aw: News", ("Aw: News", False)),
        ("Re:", ("", True)),
    ],
)
def test_base_subjects(subject: str, wanted: tuple[str, bool]) -> None:
    assert base_subject(subject) == wanted


def test_collation_knows_case_and_composed_letters() -> None:
    assert casemap("Übung") == casemap("u\u0308BUNG")
    assert casemap("straße") != casemap("strasse")


def test_children_stand_below_their_parents() -> None:
    """RFC 5256 §5: one child follows its parent, several stand in parentheses."""
    found = [message(1), message(2, "m1"), message(3, "m1 m2"), message(4, "m1 m2"), message(5, "", "Other")]
    assert printed(by_references(found)) == b"(1 2 (3)(4))(5)"


def test_a_parent_that_is_missing_holds_its_children_together() -> None:
    found = [message(1, "gone", "A"), message(2, "gone", "B"), message(3, "gone2", "C")]
    assert printed(by_references(found)) == b"((1)(2))(3)"


def test_one_subject_is_one_thread() -> None:
    found = [message(1, subject="Lunch"), message(2, subject="Re: Lunch"), message(3, subject="")]
    assert printed(by_references(found)) == b"(1 2)(3)"


def test_two_first_messages_of_one_subject_get_a_common_parent() -> None:
    assert printed(by_references([message(1), message(2)])) == b"((1)(2))"


def test_ordered_subject_stands_below_the_first_message() -> None:
    found = [message(1, sent=5), message(2, subject="B"), message(3, subject="re: s", sent=6), message(4, sent=7)]
    assert printed(ordered_subject(found)) == b"(2)(1 (3)(4))"


def test_circles_are_never_made() -> None:
    found = [message(1, "m2 m3"), message(2, "m3 m1"), message(3, "m1 m2")]
    text = printed(by_references(found))
    assert sorted(int(digit) for digit in text.decode() if digit.isdigit()) == [1, 2, 3]


def test_every_message_is_printed_once_however_long_the_chain() -> None:
    found = [message(number, f"m{number - 1}", subject="") for number in range(1, 20_001)]
    text = printed(by_references(found))
    pace.assert_within(20, lambda: printed(by_references(found)))
    assert len(text.replace(b"(", b" ").replace(b")", b" ").split()) == 20_000
