"""Counts of tokens: bounded, kept in one piece, and what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.learning import model as models
from mailnode.learning.judging import Known
from mailnode.learning.model import Model
from mailnode.learning.tokens import MOST_OTHERS, MOST_WORDS, shown, tokens

LESSONS = st.lists(
    st.tuples(st.frozensets(st.integers(0, 2**32 - 1), max_size=5), *[st.integers(-1, 1)] * 2), max_size=6
)


@given(LESSONS)
def test_it_comes_back_as_it_was_kept(lessons: list[tuple[frozenset[int], int, int]]) -> None:
    model = Model().taught(lessons)
    assert Model.unpack(model.junk, model.wanted, model.pack()) == model


@given(LESSONS, st.frozensets(st.integers(0, 2**32 - 1), max_size=5))
def test_any_counts_give_a_share(lessons: list[tuple[frozenset[int], int, int]], asked: frozenset[int]) -> None:
    assert 0 <= Model().taught(lessons).weigh(asked).junk <= 1


def test_what_is_taken_back_leaves_nothing() -> None:
    model = Model().taught([({1, 2}, 1, 0), ({2, 3}, 0, 1), ({1, 2}, -1, 0), ({2, 3}, 0, -1)])
    assert model == Model()


def test_the_farther_from_half_the_more_it_counts() -> None:
    model = Model().taught([({1, 2, 3, 9}, 1, 0)] * 20 + [({4, 5, 6, 9}, 0, 1)] * 20)
    junk, wanted, mixed, common = (model.weigh(asked).junk for asked in ({1, 2, 3}, {4, 5, 6}, {1, 2, 4, 5}, {9, 77}))
    assert junk > 0.99
    assert wanted < 0.01
    assert mixed == pytest.approx(0.5)
    assert common == 0.5


def test_many_tokens_push_out_the_seldom_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MOST_TOKENS", 10)
    model = Model().taught([(range(5), 1, 0)] * 2 + [(range(5, 100), 0, 1)])
    assert len(model.numbers) == 10
    assert [model.counts(number) for number in range(5)] == [(2, 0)] * 5


def test_old_lessons_weigh_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MOST_MESSAGES", 10)
    model = Model().taught([({1}, 1, 0)] * 11 + [({2}, 0, 1)])
    assert (model.junk, model.wanted, model.counts(1), model.counts(2)) == (5, 0, (5, 0), (0, 0))


def test_what_a_message_is_known_by() -> None:
    raw = (
        b"From: Win <sales@win.example>\r\nSubject: =?utf-8?B?5YWN6LS55b2p56Wo?=\r\nX-Mailer: Blast 3\r\n"
        b"Received: from secret.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b'<a href="https://user@Click.Win.example/x?y">now</a> casino <style>hidden</style>\r\n'
        b"--b\r\nContent-Type: application/pdf; name=offer.PDF\r\n\r\nx\r\n--b--\r\n"
    )
    found = {shown(token) for token in tokens(raw).values()}
    assert {"from sales@win.example", "from @win.example", "subject 免费", "link to click.win.example"} <= found
    assert {"link to win.example", "file .pdf", "x-mailer: blast 3", "casino", "text/html utf-8"} <= found
    assert not any("secret" in one or "hidden" in one for one in found)


@given(st.binary(max_size=2000))
def test_any_octets_have_tokens(raw: bytes) -> None:
    assert tokens(raw) == tokens(raw)


def test_not_more_than_so_many_tokens() -> None:
    words = b" ".join(b"word%d" % number for number in range(5000))
    hosts = b" ".join(b"http://h%d.example/" % number for number in range(500))
    assert len(Known(b"Subject: %s\r\n\r\n%s %s" % (words, hosts, words)).tokens) <= MOST_WORDS + MOST_OTHERS
