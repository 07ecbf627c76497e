"""The maildrop's lock holds between processes, and a dead session's runs out."""

from __future__ import annotations

import pytest

from mailnode.errors import MaildropInUse
from mailnode.pop3 import maildrop
from mailnode.store import mailboxes
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)


def test_a_second_owner_is_refused(store: Store, user_id: int) -> None:
    with store.write() as tx:
        maildrop.lock(tx, user_id, "one", now=1000)
        with pytest.raises(MaildropInUse):
            maildrop.lock(tx, user_id, "two", now=1000 + maildrop.LEASE - 1)


def test_the_lock_of_a_dead_session_runs_out(store: Store, user_id: int) -> None:
    with store.write() as tx:
        maildrop.lock(tx, user_id, "one", now=1000)
        maildrop.lock(tx, user_id, "two", now=1000 + maildrop.LEASE)
        with pytest.raises(MaildropInUse):
            maildrop.lock(tx, user_id, "one", now=1000 + maildrop.LEASE)


def test_a_living_session_keeps_its_lock(store: Store, user_id: int) -> None:
    with store.write() as tx:
        maildrop.lock(tx, user_id, "one", now=1000)
        maildrop.lock(tx, user_id, "one", now=1050)
        with pytest.raises(MaildropInUse):
            maildrop.lock(tx, user_id, "two", now=1050 + maildrop.LEASE - 1)


def test_only_the_owner_unlocks(store: Store, user_id: int) -> None:
    with store.write() as tx:
        maildrop.lock(tx, user_id, "one", now=1000)
        maildrop.unlock(tx, user_id, "two")
        with pytest.raises(MaildropInUse):
            maildrop.lock(tx, user_id, "two", now=1001)
        maildrop.unlock(tx, user_id, "one")
        maildrop.lock(tx, user_id, "two", now=1001)


def test_uidls_are_the_same_in_every_session(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    with store.write() as tx:
        first = maildrop.opened(tx, user_id, "one", 1000)
        again = maildrop.opened(tx, user_id, "two", 5000)
    assert [first.uidl(item) for item in first.items] == [again.uidl(item) for item in again.items]
    assert len({first.uidl(item) for item in first.items}) == 3


def test_what_quit_removes_is_gone_and_the_rest_stays(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    with store.write() as tx:
        drop = maildrop.opened(tx, user_id, "one", 1000)
        assert maildrop.remove(tx, drop, [drop.items[1]], "one") == 1
        assert mailboxes.by_name(tx, user_id, "INBOX").messages == 2
        assert [item.uid for item in maildrop.opened(tx, user_id, "two", 1001).items] == [1, 3]


def test_a_lock_from_before_the_clock_went_back_is_void(store: Store, user_id: int) -> None:
    with store.write() as tx:
        maildrop.lock(tx, user_id, "one", now=1_000_000)
        maildrop.lock(tx, user_id, "two", now=1000)
        with pytest.raises(MaildropInUse):
            maildrop.lock(tx, user_id, "three", now=1001)
