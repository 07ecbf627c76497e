"""i;unicode-casemap, character by character (RFC 5051 §2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.message.casemap import casemap


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRAßE"),
        ("öl", "O\u0308L"),
        ("ｆｕｌｌ", "FULL"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),  # a final sigma too
        ("\u212a", "k"),  # the sign of the kelvin
        ("ı", "I"),
        ("\u01c6", "\u01c5"),  # RFC 5051 §2's own example
        ("①", "1"),
        ("\uf900", "豈"),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert casemap(one) == casemap(other)


def test_the_example_of_the_rfc() -> None:
    assert casemap("\u01c4") == casemap("\u01c6") == "\u0044\u007a\u030c"


@pytest.mark.parametrize(("one", "other"), [("ß", "ss"), ("각", "가"), ("天", "夫")])
def test_different(one: str, other: str) -> None:
    assert casemap(one) not in casemap(other)
    assert casemap(other) not in casemap(one)


@given(st.text(), st.text())
def test_what_holds_a_text_still_holds_it(one: str, other: str) -> None:
    """Each character by itself: so the parts of a text can be compared by themselves."""
    assert casemap(one + other) == casemap(one) + casemap(other)
