"""What the journal tells of Junk: who was put there, who was taken out, and what teaches nothing."""

from __future__ import annotations

import pytest

from mailnode.learning import lessons
from mailnode.learning.lessons import Lesson
from mailnode.store import entries, ranges
from mailnode.store.entries import FlagMode
from mailnode.store.flags import flags
from mailnode.store.messages import Appended
from tests.support.store import Store
from tests.unit.learning.taught import copied, junk_mail, moved, put, wanted_mail, what_was_taught

WAYS = [moved, copied]


def told(found: list[Lesson]) -> list[tuple[int, bool]]:
    return [(one.message_id, one.junk) for one in found]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", ["INBOX", "Trash", "Archive"])
def test_into_junk(store: Store, user_id: int, way: type, source: str) -> None:
    one = put(store, user_id, source, junk_mail(1))
    assert told(what_was_taught(store, lambda: way(store, user_id, one, "Junk"))) == [(one.message_id, True)]


@pytest.mark.parametrize("way", WAYS)
def test_out_of_junk(store: Store, user_id: int, way: type) -> None:
    one = put(store, user_id, "Junk", wanted_mail(1), old=False)
    assert told(what_was_taught(store, lambda: way(store, user_id, one, "INBOX"))) == [(one.message_id, False)]


@pytest.mark.parametrize("way", WAYS)
def test_to_throw_junk_away_is_no_praise(store: Store, user_id: int, way: type) -> None:
    one = put(store, user_id, "Junk", junk_mail(1))
    assert what_was_taught(store, lambda: way(store, user_id, one, "Trash")) == []


def test_what_is_delivered_into_junk_teaches_nothing(store: Store, user_id: int) -> None:
    assert what_was_taught(store, lambda: put(store, user_id, "Junk", junk_mail(1), old=False)) == []


def test_what_is_moved_at_once_teaches(store: Store, user_id: int) -> None:
    """In the second in which it came."""
    one = put(store, user_id, "INBOX", junk_mail(1), old=False)
    assert told(what_was_taught(store, lambda: moved(store, user_id, one, "Junk"))) == [(one.message_id, True)]


def test_the_last_word_counts(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    found = what_was_taught(store, lambda: moved(store, user_id, moved(store, user_id, one, "Junk"), "INBOX"))
    assert told(found) == [(one.message_id, False)]


def test_other_mailboxes_teach_nothing(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    assert what_was_taught(store, lambda: moved(store, user_id, one, "Archive")) == []


def mark(store: Store, user_id: int, one: Appended, *words: str) -> None:
    with store.write() as tx:
        uids = ranges.of([one.uid])
        entries.set_flags(tx, user_id, one.mailbox_id, uids, FlagMode.REPLACE, flags(*words))


@pytest.mark.parametrize(
    ("words", "junk"), [(("$Junk",), True), (("junk", "\\Seen"), True), (("$NotJunk",), False), (("NonJunk",), False)]
)
def test_clients_that_mark(store: Store, user_id: int, words: tuple[str, ...], junk: bool) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    assert told(what_was_taught(store, lambda: mark(store, user_id, one, *words))) == [(one.message_id, junk)]


def test_other_flags_teach_nothing(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    mark(store, user_id, one, "$Junk")
    assert what_was_taught(store, lambda: mark(store, user_id, one, "$Junk", "\\Seen", "work")) == []


def test_many_changes_are_looked_at_in_pieces(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        put(store, user_id, "INBOX", junk_mail(number))
    with store.read() as tx:
        newest = lessons.newest(tx)
        assert lessons.upto(tx, newest - 2, newest) == newest
        monkeypatch.setattr(lessons, "_end", lessons._end.offset(0))
        assert lessons.upto(tx, newest - 2, newest) == newest - 1
