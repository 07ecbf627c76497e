"""Attack: a user who makes mailboxes without end, or names that nobody can ask for."""

from __future__ import annotations

import pytest

from mailnode.errors import BadMailboxName, NoSuchMailbox, TooManyMailboxes
from mailnode.store import entries, mailboxes
from mailnode.store.models import Subscription
from tests.support.store import Store
from tests.unit.store.conftest import add_user


def test_mailboxes_and_subscriptions_have_an_end(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "MOST", 10)
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/b/c")
        with pytest.raises(TooManyMailboxes):
            mailboxes.create(tx, user_id, "d/e")
        with pytest.raises(TooManyMailboxes):
            mailboxes.rename(tx, user_id, "a/b/c", "d/e/f")
        mailboxes.create(tx, user_id, "d")
        assert len(mailboxes.tree(tx, user_id)) == 10
        with pytest.raises(TooManyMailboxes):
            mailboxes.subscribe(tx, user_id, "e")


def test_making_and_removing_leaves_no_endless_subscriptions(sqlite_store: Store) -> None:
    user_id = add_user(sqlite_store)
    with sqlite_store.write() as tx:
        for number in range(mailboxes.MOST):
            tx.add(Subscription(user_id=user_id, name=f"left behind {number}"))
        tx.flush()
        before = len(mailboxes.subscriptions(tx, user_id))
        mailboxes.create(tx, user_id, "new")
        entries.remove_mailbox(tx, user_id, "new")
        assert len(mailboxes.subscriptions(tx, user_id)) == before


def test_as_many_levels_as_there_may_be_are_made_at_once(store: Store, user_id: int) -> None:
    depth = 128
    with store.write() as tx:
        mailboxes.create(tx, user_id, "/".join("a" * depth))
        assert len(mailboxes.tree(tx, user_id)) == 6 + depth


def test_ten_thousand_levels_are_no_name(store: Store, user_id: int) -> None:
    with store.write() as tx, pytest.raises(BadMailboxName):
        mailboxes.create(tx, user_id, "/".join("a" * 10_000))


def test_no_rename_makes_a_name_that_cannot_be_asked_for(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/child")
        with pytest.raises(BadMailboxName):
            mailboxes.rename(tx, user_id, "a", "b" * 250)
        mailboxes.rename(tx, user_id, "a", "b" * 249)
        assert mailboxes.by_name(tx, user_id, "b" * 249 + "/child")
        with pytest.raises(NoSuchMailbox):
            mailboxes.by_name(tx, user_id, "a/child")


@pytest.mark.parametrize(
    "name", ["a\r\n* OK [ALERT] b", "a\0b", "a\nb", "\u2028", "a\x85b", "\ud800", "\x1b[2J", "a\x7f"]
)
def test_no_name_holds_what_could_forge_a_line(store: Store, user_id: int, name: str) -> None:
    with store.write() as tx, pytest.raises(BadMailboxName):
        mailboxes.create(tx, user_id, name)
