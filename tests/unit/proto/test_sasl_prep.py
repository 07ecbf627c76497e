"""SASLprep."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto.sasl_prep import LONGEST, saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX"), ("a\u3000b", "a b")],
)
def test_examples(text: str, prepared: str) -> None:
    """RFC 4013 §3."""
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u06271", "", "\u00ad", "a\u202eb", "\ue000", "a\x7f", "\ud800"])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        saslprep(text)


def test_a_name_may_be_written_from_the_right_and_its_domain_from_the_left() -> None:
    name = "\u05d0\u05d1@example.com"
    with pytest.raises(ProtocolError):
        saslprep(name)
    assert saslprep(name, mixed=True) == name


def test_letters_that_are_newer_than_unicode_3_2_are_looked_up_and_not_kept() -> None:
    """RFC 3454 §7."""
    assert saslprep("pass\U0001f600word") == "pass\U0001f600word"
    with pytest.raises(ProtocolError):
        saslprep("pass\U0001f600word", stored=True)


@given(st.text(max_size=20))
def test_what_is_prepared_stays(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        prepared = saslprep(text)
        assert saslprep(prepared) == prepared


def test_attack_a_name_that_grows_is_not_looked_at() -> None:
    """One letter becomes eighteen; sixty kilobytes of it took half a second of everybody's time."""
    with pytest.raises(ProtocolError, match="too long"):
        saslprep("\ufdfa" * (LONGEST + 1), mixed=True)
    assert len(saslprep("\ufdfa" * LONGEST, mixed=True)) == 18 * LONGEST
