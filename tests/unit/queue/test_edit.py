"""The queue in people's hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, insert

from mailnode.directory.models import Domain, User
from mailnode.errors import AlreadySent, NoSuchQueueEntry, NoSuchSubmission
from mailnode.queue import control, edit, spool
from mailnode.queue.control import Chosen
from mailnode.queue.envelope import Claim, Ended, Recipient
from mailnode.queue.models import QueueRecipient
from mailnode.queue.outcome import Deferred
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def enqueue(store: Store, **more: object) -> int:
    with store.write() as tx:
        options = {"sender": "a@example.com", "raw": b"x", "recipients": [Recipient("b@example.org")], "now": NOW}
        return spool.enqueue(tx, **{**options, **more})  # type: ignore[arg-type]


def claim(store: Store, seconds: float = 0) -> list[Claim]:
    with store.write() as tx:
        return spool.claim(tx, "one", NOW + timedelta(seconds=seconds), limit=100, lease=60)


def user(store: Store) -> int:
    with store.write() as tx:
        tx.execute(insert(Domain).values(id=1, name="example.com"))
        tx.execute(insert(User).values(id=7, domain_id=1, address="a@example.com", password_hash="x"))
    return 7


def test_a_row_shows_the_message_and_its_recipients(store: Store) -> None:
    number = enqueue(store)
    with store.read() as tx:
        row = edit.show(tx, number)
    assert (row.sender, row.size, row.held, row.created_at) == ("a@example.com", 1, False, NOW)
    assert [(one.address, one.state, one.attempts) for one in row.recipients] == [("b@example.org", "waiting", 0)]


def test_what_is_being_sent_is_shown_so(store: Store) -> None:
    number = enqueue(store)
    claim(store)
    with store.read() as tx:
        assert edit.show(tx, number).recipients[0].state == "sending"
        assert edit.counts(tx) == edit.Counts(waiting=0, sending=1, held=0)


def test_listing_is_paged_by_id(store: Store) -> None:
    numbers = [enqueue(store) for _ in range(3)]
    with store.read() as tx:
        assert [row.id for row in edit.rows(tx, limit=2)] == numbers[:2]
        assert [row.id for row in edit.rows(tx, after=numbers[1])] == numbers[2:]


def test_a_listing_is_of_one_moment(store: Store) -> None:
    """All that waited is sent, and more comes, while the database answers: what is shown waited together."""
    number, asked = enqueue(store), []

    def meanwhile(*_: object) -> None:
        asked.append(1)
        if len(asked) == 1:
            with store.write() as tx:
                control.remove(tx, Chosen(number))
            enqueue(store)

    with store.read() as tx:
        event.listen(tx.connection(), "after_cursor_execute", meanwhile)
        assert [(row.id, len(row.recipients)) for row in edit.rows(tx)] == [(number, 1)]
    assert asked


def test_a_page_is_full_though_some_messages_have_nobody_left(store: Store) -> None:
    numbers = [enqueue(store) for _ in range(3)]
    with store.write() as tx:
        tx.execute(delete(QueueRecipient).where(QueueRecipient.message_id == numbers[0]))
    with store.read() as tx:
        assert [row.id for row in edit.rows(tx, limit=2)] == numbers[1:]


def test_listing_of_one_user_or_one_domain(store: Store) -> None:
    mine = enqueue(store, user_id=user(store))
    others = enqueue(store, sender="x@other.example")
    with store.read() as tx:
        assert [row.id for row in edit.rows(tx, chosen=Chosen(user_id=7))] == [mine]
        assert [row.id for row in edit.rows(tx, domain="other.example")] == [others]


def test_a_held_message_is_not_tried_until_it_is_released(store: Store) -> None:
    number = enqueue(store)
    with store.write() as tx:
        control.hold(tx, Chosen(number))
    assert not claim(store)
    with store.write() as tx:
        control.release(tx, Chosen(number))
    assert claim(store)


def test_hold_while_sending_keeps_the_recipient_afterwards(store: Store) -> None:
    number = enqueue(store)
    [one] = claim(store)
    with store.write() as tx:
        control.hold(tx, Chosen(number))
    with store.write() as tx:
        spool.finish(tx, "one", [Ended(one.recipients[0], Deferred("4.0.0", "later"))], NOW)
    assert not claim(store, 3600)


def test_retry_makes_a_deferred_recipient_due(store: Store) -> None:
    number = enqueue(store)
    [one] = claim(store)
    with store.write() as tx:
        spool.finish(tx, "one", [Ended(one.recipients[0], Deferred("4.0.0", "later"))], NOW)
    assert not claim(store, 1)
    with store.write() as tx:
        assert control.retry(tx, Chosen(number), NOW) == 1
    assert claim(store, 1)


def test_retry_does_not_send_what_waits_for_its_time(store: Store) -> None:
    enqueue(store, send_at=NOW + timedelta(hours=1))
    with store.write() as tx:
        assert control.retry(tx, Chosen(), NOW) == 0


def test_remove_forgets_the_message(store: Store) -> None:
    number = enqueue(store)
    with store.write() as tx:
        control.remove(tx, Chosen(number))
    with store.read() as tx:
        assert edit.rows(tx) == []


@pytest.mark.parametrize("order", [control.hold, control.release, control.remove])
def test_a_number_that_is_not_there(sqlite_store: Store, order: object) -> None:
    with sqlite_store.write() as tx:
        with pytest.raises(NoSuchQueueEntry):
            order(tx, Chosen(99))  # type: ignore[operator]
        with pytest.raises(NoSuchQueueEntry):
            edit.show(tx, 99)


def test_cancel_takes_back_what_waits_for_its_time(store: Store) -> None:
    number = enqueue(store, user_id=user(store), send_at=NOW + timedelta(seconds=10))
    with store.write() as tx:
        edit.cancel(tx, number, 7)
    assert not claim(store, 20)


def test_cancel_comes_too_late_once_it_is_being_sent(store: Store) -> None:
    number = enqueue(store, user_id=user(store), send_at=NOW + timedelta(seconds=10))
    claim(store, 10)
    with store.write() as tx, pytest.raises(AlreadySent):
        edit.cancel(tx, number, 7)


def test_cancel_is_for_the_sender_alone(store: Store) -> None:
    number = enqueue(store, user_id=user(store), send_at=NOW + timedelta(seconds=10))
    with store.write() as tx, pytest.raises(NoSuchSubmission):
        edit.cancel(tx, number, 8)
