"""The language of the search box: what it means, and that nothing typed is an error of ours."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.search_language import NAMES, BadQuery, parse
from mailnode.store import query as q
from mailnode.store.flags import SEEN


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", q.And(())),
        ("a", q.AnyText("a")),
        ("a b", q.And((q.AnyText("a"), q.AnyText("b")))),
        ('"a b"', q.AnyText("a b")),
        ('"open', q.AnyText("open")),
        ("a OR b c", q.And((q.Or((q.AnyText("a"), q.AnyText("b"))), q.AnyText("c")))),
        ("a 或 b", q.Or((q.AnyText("a"), q.AnyText("b")))),
        ("OR a", q.And((q.AnyText("OR"), q.AnyText("a")))),
        ("-a", q.Not(q.AnyText("a"))),
        ("- a", q.And((q.AnyText("-"), q.AnyText("a")))),
        ("from:a@b.test", q.Header("from", "a@b.test")),
        ('FROM:"Li Si"', q.Header("from", "Li Si")),
        ("-is:read", q.Not(q.HasFlag(SEEN))),
        ("10:30", q.AnyText("10:30")),
        ("http://a.test/x", q.AnyText("http://a.test/x")),
        ("larger:1.5M", None),
        ("larger:5M", q.Larger(5 * 1024**2)),
        ("大于：10k", q.Larger(10 * 1024)),
        ("before:1970/1/2", q.Received(None, 86400)),
        ("早于:1970年1月2日", q.Received(None, 86400)),
        ("before:2026-02-30", None),
        ("before:9999-12-31", q.Received(None, 253402214400)),
        ("label:work", q.HasKeyword("work")),
    ],
)
def test_it_means(text: str, query: q.Query | None) -> None:
    if query is None:
        with pytest.raises(BadQuery):
            parse(text)
    else:
        assert parse(text).query == query


def test_days_begin_where_the_reader_is() -> None:
    assert parse("after:1970-01-02", utc_offset=480).query == q.Received(86400 - 8 * 3600, None)


def test_mailboxes_narrow_the_whole_search() -> None:
    parsed = parse('in:Work in:"Old stuff" -in:Junk a')
    assert (parsed.inside, parsed.outside, parsed.query) == (["Work", "Old stuff"], ["Junk"], q.AnyText("a"))


def test_words_to_mark_are_those_that_are_looked_for() -> None:
    assert parse('a -b subject:"c d" is:read').words == ["a", "c d"]


WORDS = [*NAMES, *NAMES.values(), ":", "：", '"', "“", "-", "OR", " ", "x", "1", "M"]


@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=60).map("".join), st.integers(-840, 840))
def test_anything_typed_is_read_or_refused(text: str, offset: int) -> None:
    with contextlib.suppress(BadQuery):
        parse(text, utc_offset=offset)
