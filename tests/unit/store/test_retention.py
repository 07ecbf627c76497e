"""What is gone is kept, counted beside the quota, and forgotten in time."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import func, select, update

from mailnode.directory.models import Domain
from mailnode.node import sweeper
from mailnode.offload import Offload
from mailnode.store import changes, entries, mailboxes, messages, quota, retention
from mailnode.store.flags import DRAFT, Flags
from mailnode.store.models import Journal, Message
from mailnode.store.retention import DAY, Due
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail
from tests.unit.store.past import BEFORE, make_past

NOW = int(time.time())


def expunge(store: Store, user_id: int, *, superseded: bool = False) -> None:
    with store.write() as tx:
        here = mailboxes.by_name(tx, user_id, "INBOX").id
        entries.expunge(tx, user_id, here, only_deleted=False, superseded=superseded)


def count(store: Store, what: type[Journal] | type[Message]) -> int:
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(what)) or 0


def prune(store: Store, one: Due) -> int:
    rows = 0
    while True:
        with store.write() as tx:
            done = retention.prune(tx, one)
        if not done:
            return rows
        rows += done


def test_what_is_kept_is_counted_beside_the_quota(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    with store.write() as tx:
        archive = mailboxes.by_name(tx, user_id, "Archive").id
        entries.copy(tx, user_id, mailboxes.by_name(tx, user_id, "INBOX").id, [(1, 1)], archive)
    expunge(store, user_id)
    with store.read() as tx:
        held = retention.held(tx, user_id)
        assert (held.messages, held.size) == (1, len(mail(2)))  # the other one has an entry still
        assert quota.usage(tx, user_id).messages == 1


def test_a_draft_that_a_newer_one_replaces_is_not_kept(store: Store, user_id: int) -> None:
    fill(store, user_id, 1, flags=Flags(DRAFT))
    expunge(store, user_id, superseded=True)
    assert count(store, Message) == 0
    with store.read() as tx:
        assert retention.held(tx, user_id).messages == 0


def test_what_is_no_draft_is_kept_even_when_it_is_replaced(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    expunge(store, user_id, superseded=True)
    assert count(store, Message) == 1


def test_the_past_is_forgotten_behind_the_retention(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    fill(store, user_id, 5)
    expunge(store, user_id)
    make_past(store)
    with store.write() as tx:
        past = changes.latest(tx, user_id)
        messages.append(tx, user_id, "INBOX", mail(9))
        (due,) = retention.due(tx, NOW)
    assert due.before == NOW - 30 * DAY
    prune(store, due)
    assert (count(store, Journal), count(store, Message)) == (1, 1)
    with store.read() as tx:
        assert changes.pruned(tx, user_id) == past
        held = retention.held(tx, user_id)
        assert (held.messages, held.size, held.since) == (0, 0, BEFORE)
        assert retention.due(tx, NOW) == []


def test_each_domain_has_its_own(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    with store.write() as tx:
        tx.execute(update(Domain).values(retention_days=2))
        assert retention.due(tx, NOW + DAY) == []
        assert [one.user_id for one in retention.due(tx, NOW + 3 * DAY)] == [user_id]


def test_changes_of_the_last_hour_stay_in_any_case(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    with store.write() as tx:
        tx.execute(update(Domain).values(retention_days=0))
        assert retention.due(tx, NOW + 1800) == []
        assert len(retention.due(tx, NOW + 2 * 3600)) == 1


def test_attack_no_more_is_kept_than_the_quota_allows(store: Store) -> None:
    """Else anybody fills the disk by storing and removing. The oldest go first."""
    size = len(mail(1))
    user_id = add_user(store, "busy", quota_bytes=2 * size)
    for number in range(1, 6):
        with store.write() as tx:
            messages.append(tx, user_id, "INBOX", mail(number))
        expunge(store, user_id)
    with store.write() as tx:
        (due,) = retention.due(tx, NOW)
    prune(store, due)
    with store.read() as tx:
        assert list(tx.scalars(select(Message.subject).order_by(Message.id))) == ["Message 4", "Message 5"]
        assert retention.held(tx, user_id).size == 2 * size


def test_the_sweeper_forgets_for_everybody(store: Store, user_id: int) -> None:
    other = add_user(store, "other")
    for one in (user_id, other):
        fill(store, one, 2)
        expunge(store, one)
    make_past(store)
    offload = Offload(store.engine)
    try:
        asyncio.run(sweeper.sweep_once(offload))
    finally:
        offload.close()
    assert (count(store, Journal), count(store, Message)) == (0, 0)
