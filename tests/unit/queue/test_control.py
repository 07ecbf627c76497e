"""Orders for one recipient, one destination or one user, and giving up with a report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain, User
from mailnode.proto.dsn_params import Notify
from mailnode.queue import control, edit, spool
from mailnode.queue.control import Chosen
from mailnode.queue.envelope import Ended, Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.queue.outcome import Deferred
from mailnode.queue.report import Reporter
from mailnode.store import bodies
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
REPORTER = Reporter("mail.example.com", NOW)


def enqueue(tx: Session, *addresses: str, **more: object) -> int:
    recipients = [Recipient(address) for address in addresses]
    values = {"sender": "a@example.com", "raw": b"Subject: x\r\n\r\n", "recipients": recipients, "now": NOW} | more
    return spool.enqueue(tx, **values)  # type: ignore[arg-type]


def claimed(tx: Session, seconds: float = 1) -> list[str]:
    found = spool.claim(tx, "one", NOW + timedelta(seconds=seconds), limit=100, lease=60)
    return sorted(one.address for claim in found for one in claim.recipients)


def deferred(tx: Session) -> None:
    """Everything is tried once, in vain."""
    for claim in spool.claim(tx, "one", NOW, limit=100, lease=60):
        spool.finish(tx, "one", [Ended(one, Deferred("4.2.0", "Later")) for one in claim.recipients], NOW)


def reports(tx: Session) -> list[str]:
    blobs = tx.scalars(select(QueueMessage.blob_id).where(QueueMessage.sender == ""))
    return [bodies.read(tx, one).decode() for one in blobs]


def test_one_recipient_of_a_message_is_held(store: Store) -> None:
    with store.write() as tx:
        number = enqueue(tx, "A@far.example", "b@far.example")
        assert control.hold(tx, Chosen(number, recipient="a@far.example")) == 1
        assert claimed(tx) == ["b@far.example"]
        assert not edit.show(tx, number).held
        assert control.release(tx, Chosen(recipient="a@far.example")) == 1
        assert claimed(tx) == ["A@far.example"]


def test_a_recipient_of_a_domain_in_chinese_is_meant_in_both_spellings(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "Øre@xn--fsqu00a.example", "Øre@例子.example", "b@far.example")
        for spelling in ("Øre@例子.example", "Øre@xn--fsqu00a.example"):
            assert control.hold(tx, Chosen(recipient=spelling)) == 2
            assert control.release(tx, Chosen(recipient=spelling)) == 2


def test_one_destination_is_held_and_released(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "a@far.example", "b@near.example")
        assert control.hold(tx, Chosen(destination="FAR.example")) == 1
        assert claimed(tx) == ["b@near.example"]
        control.release(tx, Chosen(destination="far.example"))
        assert claimed(tx) == ["a@far.example"]


def test_one_users_mail_is_tried_again(store: Store) -> None:
    with store.write() as tx:
        tx.execute(insert(Domain).values(id=1, name="example.com"))
        tx.execute(insert(User).values(id=7, domain_id=1, address="a@example.com", password_hash="x"))
        enqueue(tx, "a@far.example", user_id=7)
        enqueue(tx, "b@far.example")
        deferred(tx)
        assert claimed(tx) == []
        assert control.retry(tx, Chosen(user_id=7), NOW) == 1
        assert claimed(tx) == ["a@far.example"]


def test_giving_up_tells_the_sender_with_the_last_words(store: Store) -> None:
    with store.write() as tx:
        number = enqueue(tx, "a@far.example", "b@far.example")
        deferred(tx)
        assert control.expire(tx, Chosen(number, recipient="a@far.example"), REPORTER) == 1
        [report] = reports(tx)
        assert "Final-Recipient: rfc822; a@far.example" in report
        assert "Status: 5.4.7" in report
        assert "Given up by an administrator; the last attempt: Later" in report
        assert [one.address for one in edit.show(tx, number).recipients] == ["b@far.example"]


def test_giving_up_reaches_what_is_held_and_goes_in_steps(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "a@far.example", "b@far.example", "c@far.example")
        control.hold(tx, Chosen(destination="far.example"))
        steps = [control.expire(tx, Chosen(destination="far.example"), REPORTER, limit=2) for _ in range(3)]
        assert steps == [2, 1, 0]
        assert tx.scalars(select(QueueRecipient.address)).all() == ["a@example.com"] * 2


def test_nobody_is_told_who_does_not_want_it(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "x@far.example", recipients=[Recipient("a@far.example", Notify())])
        enqueue(tx, "a@far.example", sender="")
        assert control.expire(tx, Chosen(destination="far.example"), REPORTER) == 2
        assert reports(tx) == []


def test_what_is_being_sent_is_left_to_end_by_itself(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "a@far.example")
        assert claimed(tx) == ["a@far.example"]
        assert control.expire(tx, Chosen(), REPORTER) == 0


def test_removing_a_destination_leaves_the_messages_others(store: Store) -> None:
    with store.write() as tx:
        both = enqueue(tx, "a@far.example", "b@near.example")
        enqueue(tx, "c@far.example")
        assert control.remove(tx, Chosen(destination="far.example")) == 2
        assert [row.id for row in edit.rows(tx)] == [both]


def test_what_is_chosen_is_listed(store: Store) -> None:
    with store.write() as tx:
        first = enqueue(tx, "a@far.example", "b@near.example")
        enqueue(tx, "c@near.example")
        assert [row.id for row in edit.rows(tx, chosen=Chosen(destination="far.example"))] == [first]
        assert edit.rows(tx, held=True) == []
        control.hold(tx, Chosen(first))
        assert [row.id for row in edit.rows(tx, held=True)] == [first]
