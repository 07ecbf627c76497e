"""Users' filters: they learn, take back, forget, and judge once they have learned enough."""

from __future__ import annotations

import pytest

from mailnode.directory import users
from mailnode.findings import Action, Finding
from mailnode.learning import judging, teaching
from mailnode.learning.judging import Known
from mailnode.learning.lessons import Lesson
from mailnode.learning.model import LEAST
from mailnode.store import entries
from tests.support.store import Store
from tests.unit.learning.taught import is_taught, junk_mail, put, teach, wanted_mail
from tests.unit.store.conftest import add_user


def judged(store: Store, user_id: int, raw: bytes) -> Finding | None:
    with store.read() as tx:
        return judging.judge(tx, user_id, Known(raw))


def test_ten_of_each_are_enough(store: Store, user_id: int) -> None:
    status = teach(store, user_id, LEAST, LEAST - 1)
    assert (status.junk, status.wanted, status.judges, is_taught(store, user_id)) == (LEAST, LEAST - 1, False, False)
    assert judged(store, user_id, junk_mail(100)) is None
    assert teach(store, user_id, 0, 1).judges
    assert is_taught(store, user_id)
    found = judged(store, user_id, junk_mail(100))
    assert found is not None
    assert found.action is Action.JUNK


def test_each_way_and_why(store: Store, user_id: int) -> None:
    teach(store, user_id, LEAST + 2, LEAST + 2)
    junk, wanted = judged(store, user_id, junk_mail(55)), judged(store, user_id, wanted_mail(55))
    unknown = judged(store, user_id, b"Subject: zzz\r\n\r\nxyzzy\r\n")
    assert junk is not None
    assert wanted is not None
    assert unknown is not None
    assert (junk.action, wanted.action, unknown.action) == (Action.JUNK, Action.TAKE, None)
    assert junk.text.startswith("by what the user has put into Junk and taken out, 100% junk: ")
    assert "win.example" in junk.text


def test_nobody_is_judged_by_others(store: Store, user_id: int) -> None:
    teach(store, user_id, LEAST, LEAST)
    assert judged(store, add_user(store, "two"), junk_mail(1)) is None


def test_another_verdict_takes_the_first_one_back(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    for junk, expected in ((True, (1, 0)), (True, (1, 0)), (False, (0, 1)), (True, (1, 0))):
        with store.write() as tx:
            teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, junk, 1)])
        with store.read() as tx:
            status = teaching.status(tx, user_id)
        assert (status.junk, status.wanted) == expected


def test_messages_that_are_gone_or_others_teach_nothing(store: Store, user_id: int) -> None:
    other = add_user(store, "two")
    one = put(store, other, "INBOX", junk_mail(1))
    with store.write() as tx:
        assert not teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, True, 1), Lesson(user_id, 0, True, 1)])


def test_forgotten_for_good(store: Store, user_id: int) -> None:
    teach(store, user_id, LEAST, LEAST)
    one = put(store, user_id, "INBOX", junk_mail(1))
    with store.write() as tx:
        teaching.forget(tx, user_id)
        assert not teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, True, 1)])
        assert teaching.status(tx, user_id).tokens == 0
    assert not is_taught(store, user_id)
    assert judged(store, user_id, junk_mail(1)) is None
    with store.write() as tx:
        assert teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, True, 2**40)])


def test_of_two_who_learn_one_is_refused(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    with store.write() as tx:
        plan = teaching.plan(tx, user_id, [Lesson(user_id, one.message_id, True, 1)])
        assert plan is not None
        assert teaching.keep(tx, plan, teaching.learned(plan))
        assert not teaching.keep(tx, plan, teaching.learned(plan))
        assert teaching.status(tx, user_id).junk == 1


def test_it_goes_with_the_user(store: Store, user_id: int) -> None:
    teach(store, user_id, LEAST, LEAST)
    with store.write() as tx:
        users.remove_user(tx, "one@example.com")
    with store.read() as tx:
        assert teaching.status(tx, user_id).junk == 0
        assert tx.get(teaching.LearnedMessage, (user_id, 1)) is None


def test_not_more_is_remembered_than_can_be_taken_back(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "REMEMBERED", 3)
    times = iter(range(1, 100))
    monkeypatch.setattr(teaching.time, "time", lambda: next(times))
    for number in range(6):
        one = put(store, user_id, "INBOX", junk_mail(number))
        with store.write() as tx:
            teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, True, 10**9)])
    with store.read() as tx:
        assert tx.query(teaching.LearnedMessage).count() == 3


def test_a_message_without_a_body_teaches_nothing(store: Store, user_id: int) -> None:
    one = put(store, user_id, "INBOX", junk_mail(1))
    with store.write() as tx:
        entries.expunge(tx, user_id, one.mailbox_id, only_deleted=False)
        teaching.teach(tx, user_id, [Lesson(user_id, one.message_id, True, 1)])
