"""Fuzzy search: what is like a word, and the same answer from the index as from the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.message.casemap import casemap
from mailnode.store import mailboxes, messages, search
from mailnode.store import query as q
from mailnode.store.index import filling
from mailnode.store.index.fuzzy import FuzzyReader, Likeness, like, likeness, words
from mailnode.store.index.segment import Builder
from mailnode.store.index.terms import terms
from tests.support.store import Store
from tests.unit.store.mail import mail

TEXTS = (
    "Hello world, the meeting is on Monday",
    "Helo wrold",
    "say hello to the world again",
    "Othello in the underworld",
    "nothing of the kind",
    "Grüße aus Köln, Straße 5",
    "今天天气很好",
)


@pytest.mark.parametrize(
    ("term", "word", "how"),
    [
        ("HELLO", "HELLO", Likeness.SAME),
        ("HELLOS", "HELLO", Likeness.BEGINNING),
        ("OTHELLO", "HELLO", Likeness.INSIDE),
        ("HELO", "HELLO", Likeness.MISSPELT),
        ("HELLP", "HELLO", Likeness.MISSPELT),
        ("HLELO", "HELLO", Likeness.MISSPELT),
        ("HELXLO", "HELLO", Likeness.MISSPELT),
        ("ELLO", "HELLO", Likeness.MISSPELT),
        ("МОСКВА", "МОСВКА", Likeness.MISSPELT),
        ("HEXXO", "HELLO", 0),
        ("OLLEH", "HELLO", 0),
        ("CAT", "CAR", 0),  # of short words everything is like everything
        ("天气", "天空", 0),
    ],
)
def test_like(term: str, word: str, how: int) -> None:
    assert like(term.encode(), word.encode()) == how


def test_accents_do_not_count() -> None:
    wanted = words(casemap("grusse aus KOLN").encode())
    assert likeness(casemap("Grüße aus Köln").encode(), wanted) == Likeness.SAME


LETTERS = st.text(alphabet="ABÉß", min_size=1, max_size=6)


@given(st.lists(LETTERS, max_size=8), LETTERS)
def test_a_segment_finds_what_is_like_a_word(text: list[str], word: str) -> None:
    folded = casemap(" ".join(text)).encode()
    builder = Builder()
    builder.add(1, set(), terms(folded))
    field = builder.finish().body
    (wanted,) = words(casemap(word).encode())
    found = FuzzyReader(field.vocabulary, 1, lambda number: field.blocks[number]).like(wanted)
    assert found.get(0, 0) == likeness(folded, [wanted])


@pytest.fixture
def inbox(store: Store, user_id: int) -> tuple[int, int]:
    with store.write() as tx:
        for number, text in enumerate(TEXTS, start=1):
            messages.append(tx, user_id, "INBOX", mail(number, text=text, subject=text.split()[0]))
        return user_id, mailboxes.by_name(tx, user_id, "INBOX").id


CASES = [
    (q.Fuzzy(q.BodyText("hello world")), [(1, 100), (2, 25), (3, 100), (4, 50)]),
    (q.Fuzzy(q.BodyText("WORLD hello")), [(1, 100), (2, 25), (3, 100), (4, 50)]),
    (q.Fuzzy(q.BodyText("meeting hello")), [(1, 100)]),
    (q.Fuzzy(q.BodyText("strasse koln")), [(6, 100)]),
    (q.Fuzzy(q.BodyText("很好，今天")), [(7, 100)]),
    (q.Fuzzy(q.BodyText("mon")), [(1, 75)]),
    (q.Fuzzy(q.AnyText("message-id kind")), [(5, 100)]),
    (q.Fuzzy(q.Header("subject", "helo")), [(1, 25), (2, 100)]),
    (q.Fuzzy(q.Header("x-none", "helo")), []),
    (q.Fuzzy(q.Header("from", "annette")), []),
    (q.Fuzzy(q.And((q.BodyText("hello"), q.BodyText("again")))), [(3, 100)]),
    (q.And((q.Fuzzy(q.BodyText("hello")), q.BodyText("world"))), [(1, 100), (3, 100), (4, 50)]),
    (q.Or((q.Fuzzy(q.BodyText("nothin")), q.Fuzzy(q.BodyText("agains")))), [(3, 25), (5, 75)]),
    (q.Fuzzy(q.Not(q.BodyText("hello"))), [(5, 100), (6, 100), (7, 100)]),
    (q.Fuzzy(q.Uids(((2, 3),))), [(2, 100), (3, 100)]),
    (q.Fuzzy(q.BodyText(",")), [(1, 100), (6, 100)]),
    (q.Fuzzy(q.Fuzzy(q.BodyText("monday"))), [(1, 100)]),
]


@pytest.mark.parametrize(("query", "wanted"), CASES, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("indexed", [0, 4, 7])
def test_relevancy_is_the_same_indexed_and_not(
    store: Store, inbox: tuple[int, int], query: q.Query, wanted: list[tuple[int, int]], indexed: int
) -> None:
    user_id, inbox_id = inbox
    with store.write() as tx:
        if indexed:
            plan = filling.behind(tx, user_id, least=1)
            assert plan is not None
            builder = Builder()
            filling.gather(builder, filling.read(tx, plan, 0)[:indexed])
            filling.keep(tx, plan, builder.finish(), builder.last_id)
        assert search.find_scored(tx, user_id, inbox_id, query) == wanted
        assert search.find(tx, user_id, inbox_id, query) == [uid for uid, _ in wanted]
