"""Times as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailnode.errors import BadMoment
from mailnode.store import moment

NOW = 1_795_600_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", NOW - 7200),
        ("3d12h", NOW - 3 * 86_400 - 12 * 3600),
        ("90 m ago", NOW - 5400),
        ("1W", NOW - 7 * 86_400),
        ("0s", NOW),
        ("2026-11-20T08:00:00+08:00", 1_795_132_800),
        ("2026-11-20T00:00:00Z", 1_795_132_800),
    ],
)
def test_what_is_understood(text: str, seconds: int) -> None:
    assert moment.parse(text, NOW) == seconds


@pytest.mark.parametrize(
    "text", ["", "ago", "2 months", "2026-11-20T08:00:00", "2026-11-20", "2030-01-01T00:00:00Z", "999999999w", "-1h"]
)
def test_what_is_not(text: str) -> None:
    with pytest.raises(BadMoment):
        moment.parse(text, NOW)


WORDS = st.sampled_from(
    ["1", "999999999999", "w", "d", "h", " ago", "2026-", "11-20", "T08:00:00", "Z", "+23:59", "-", ".", "٣"]
)


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(WORDS, max_size=8).map("".join))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        assert 0 <= moment.parse(text, NOW) <= NOW
    except BadMoment:
        pass
