"""Texts in quotes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mailnode.quoted import quoted


@given(st.text())
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert json.loads(quoted(text)) == text


def test_what_is_not_ascii_stays_as_it_is_and_no_line_ends() -> None:
    assert quoted('"中文"\r\n\t\0\\') == r'"\"中文\"\r\n\t\u0000\\"'
