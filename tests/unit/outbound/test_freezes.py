"""A burst freezes one user's sending; destinations and addresses are frozen by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.delivery.deliver import Mail, deliver_all
from mailnode.directory import edit as edit_directory
from mailnode.dispatch import runner, settle
from mailnode.errors import NotFrozen
from mailnode.history import asking
from mailnode.history.asking import Question
from mailnode.history.details import Act
from mailnode.history.viewing import ADMINISTRATOR, Viewer
from mailnode.outbound import counts, freezes, limits, suppression
from mailnode.outbound.models import USER, Freeze
from mailnode.queue import control, edit, spool
from mailnode.queue.control import Chosen
from mailnode.queue.envelope import Ended, Recipient
from mailnode.queue.models import QueueMessage
from mailnode.queue.outcome import Failed
from mailnode.queue.report import Reporter
from tests.support.store import Store
from tests.support.together import Meet, at_once
from tests.unit.outbound.sending import AT, LETTER, NOW, notices, people, send, states


def claimed(tx: Session) -> list[str]:
    """The addresses that the queue manager would send to now."""
    found = settle.claim(tx, "one", NOW + timedelta(seconds=1), limit=1000, lease=60)
    return [one.address for claim in (*found.here, *found.elsewhere) for one in claim.recipients]


def enqueue(tx: Session, address: str, **more: object) -> int:
    values = {"sender": "a@example.com", "raw": b"x", "recipients": [Recipient(address)], "now": NOW} | more
    return spool.enqueue(tx, **values)  # type: ignore[arg-type]


def test_a_burst_holds_what_comes_and_what_waits(store: Store) -> None:
    ids = people(store)
    with store.write() as tx:
        limits.change(tx, USER, ids["ann"], burst_recipients=3)
        send(tx, store, ids["ann"], 2)
        assert states(tx, ids["ann"]) == [("waiting", None)] * 2
        send(tx, store, ids["ann"], 2)
        send(tx, store, ids["ann"], ["bob@example.com"])
        assert states(tx, ids["ann"]) == [("held", f"user:{ids['ann']}")] * 5
        assert freezes.is_frozen(tx, ids["ann"])
        assert not freezes.is_frozen(tx, ids["bob"])


def test_user_and_administrators_hear_of_it_in_their_language(store: Store) -> None:
    ids = people(store)
    with store.write() as tx:
        limits.change(tx, USER, ids["ann"], burst_recipients=3)
        send(tx, store, ids["ann"], 5)
        found = notices(tx)
        assert sorted(found) == ["ann@example.com", "root@example.com"]
        assert "Your sending is on hold" in found["ann@example.com"]
        assert "mailnode user release ann@example.com" in found["root@example.com"]
        assert sorted(claimed(tx)) == ["ann@example.com", "root@example.com"]


def test_they_hear_of_it_once_from_many_sendings_at_once(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, USER, ann, burst_recipients=3)

    def burst(meet: Meet) -> None:
        meet()
        with store.write() as tx:
            send(tx, store, ann, 5)

    at_once(burst, burst, burst, burst)
    with store.read() as tx:
        assert states(tx, ann) == [("held", f"user:{ann}")] * 20
        assert tx.scalar(select(func.count(QueueMessage.id)).where(QueueMessage.sender == "")) == 2


def test_two_who_freeze_the_same_at_once_both_succeed(store: Store) -> None:
    domains = [f"slow{number}.example" for number in range(10)]
    done = []

    def freeze(meet: Meet) -> None:
        for domain in domains:
            meet()
            with store.write() as tx:
                freezes.freeze(tx, freezes.key_of_destination(domain), now=AT)
                done.append(domain)

    at_once(freeze, freeze)
    assert sorted(done) == sorted(domains * 2)


def test_freezing_again_what_was_released_holds_it_again(store: Store) -> None:
    key = "destination:slow.example"
    with store.write() as tx:
        enqueue(tx, "a@slow.example")
        freezes.freeze(tx, key, now=AT, words="first")
        freezes.release(tx, key, AT + 1)
        seen = tx.get(Freeze, key)
        freezes.freeze(tx, key, now=AT + 2, words="again")
        freezes.freeze(tx, key, now=AT + 3, words="once more")
        assert claimed(tx) == []
        assert seen is not None
        assert (seen.words, seen.released_at) == ("again", None)


def test_ten_times_the_usual_is_no_burst(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, USER, ann, burst_recipients=3)
        counts.count(tx, USER, ann, 1, AT - 7 * 86_400)
        send(tx, store, ann, 10)
        assert not freezes.is_frozen(tx, ann)
        send(tx, store, ann, 1)
        assert freezes.frozen(tx, freezes.key_of_user(ann)).usual == 1  # type: ignore[union-attr]


def test_a_release_lets_everything_go_and_is_trusted_for_a_day(store: Store) -> None:
    ann = people(store)["ann"]
    key = freezes.key_of_user(ann)
    with store.write() as tx:
        limits.change(tx, USER, ann, burst_recipients=3)
        send(tx, store, ann, 5)
        assert freezes.release(tx, key, AT) == 5
        send(tx, store, ann, 5)
        assert states(tx, ann) == [("waiting", None)] * 10
        with pytest.raises(NotFrozen):
            freezes.release(tx, key, AT)
        freezes.sweep(tx, AT + 86_400)
        send(tx, store, ann, 1, now=NOW + timedelta(seconds=5))
        assert freezes.is_frozen(tx, ann)


def test_a_frozen_destination_holds_what_comes_later(store: Store) -> None:
    with store.write() as tx:
        freezes.freeze(tx, freezes.key_of_destination("Slow.Example"), now=AT)
        enqueue(tx, "a@slow.example")
        enqueue(tx, "a@quick.example")
        assert claimed(tx) == ["a@quick.example"]
        assert claimed(tx) == []
        assert freezes.release(tx, "destination:slow.example", AT) == 1
        assert claimed(tx) == ["a@slow.example"]


def test_a_frozen_address_stands_still_alone(store: Store) -> None:
    with store.write() as tx:
        enqueue(tx, "Ann@Far.example")
        freezes.freeze(tx, freezes.key_of_recipient("ann@far.example"), now=AT)
        enqueue(tx, "ann@far.example")
        enqueue(tx, "bob@far.example")
        assert claimed(tx) == ["bob@far.example"]
        assert [one.name for one in freezes.all_frozen(tx)] == ["ann@far.example"]


def test_what_was_held_by_hand_stays_held(store: Store) -> None:
    with store.write() as tx:
        number = enqueue(tx, "a@slow.example")
        freezes.freeze(tx, "destination:slow.example", now=AT)
        control.hold(tx, Chosen(number))
        freezes.release(tx, "destination:slow.example", AT)
        assert claimed(tx) == []
        control.release(tx, Chosen(number))
        assert claimed(tx) == ["a@slow.example"]


def test_releasing_a_message_does_not_thaw_it(store: Store) -> None:
    with store.write() as tx:
        number = enqueue(tx, "a@slow.example")
        freezes.freeze(tx, "destination:slow.example", now=AT)
        control.release(tx, Chosen(number))
        assert edit.show(tx, number).recipients[0].held_for == "destination:slow.example"
        assert claimed(tx) == []


@pytest.mark.parametrize("later", [False, True])
def test_what_an_alias_sends_on_of_a_users_own_mail_is_held_with_the_user(store: Store, later: bool) -> None:
    ids = people(store)
    with store.write() as tx:
        edit_directory.create_alias(tx, "team@example.com", ["x@remote.example"])
        send(tx, store, ids["ann"], ["team@example.com"], send_at=NOW + timedelta(seconds=1) if later else None)
    if later:
        brought(store)
    with store.write() as tx:
        freezes.freeze(tx, freezes.key_of_user(ids["ann"]), now=AT)
        assert states(tx, ids["ann"]) == [("held", f"user:{ids['ann']}")]
        assert claimed(tx) == []


def brought(store: Store) -> None:
    """The queue manager delivers what is for here."""
    now = NOW + timedelta(seconds=2)
    with store.write() as tx:
        (claim,) = settle.claim(tx, "one", now, limit=10, lease=60).here
    with store.read() as tx:
        mail = runner.mail_of(claim.envelope, tx)
    with store.write() as tx:
        settle.deliver_here(tx, "one", Reporter("mail.example.com", now), claim, mail)


def test_what_an_alias_sends_on_of_a_strangers_mail_is_nobodys_sending(store: Store) -> None:
    """A user whose sending is frozen still gets their mail where an alias sends it, as they get it in their mailbox."""
    ids = people(store)
    with store.write() as tx:
        edit_directory.create_alias(tx, "team@example.com", ["ann@example.com", "x@remote.example"])
        freezes.freeze(tx, freezes.key_of_user(ids["ann"]), now=AT)
        deliver_all(tx, Mail.of("far@far.example", LETTER), [Recipient("team@example.com")], NOW)
        assert claimed(tx) == ["x@remote.example"]


def test_whom_an_alias_stands_for_is_not_counted_as_the_users_choice(store: Store) -> None:
    ids = people(store)
    with store.write() as tx:
        edit_directory.create_alias(tx, "team@example.com", [f"x{number}@remote.example" for number in range(9)])
        limits.change(tx, USER, ids["ann"], daily_recipients=3, burst_recipients=2)
        send(tx, store, ids["ann"], ["team@example.com"])
        assert counts.sent(tx, USER, ids["ann"], AT).daily_recipients == 0
        assert len(claimed(tx)) == 9


def test_the_sender_is_not_shown_whom_an_alias_stands_for(store: Store) -> None:
    """Neither when it is held, nor when it is tried, nor as an address that nothing is sent to any more."""
    ids = people(store)
    with store.write() as tx:
        edit_directory.create_alias(tx, "team@example.com", ["x@remote.example"])
        send(tx, store, ids["ann"], ["team@example.com"])
        freezes.freeze(tx, freezes.key_of_user(ids["ann"]), now=AT)
        freezes.release(tx, freezes.key_of_user(ids["ann"]), AT)
        (claim,) = settle.claim(tx, "one", NOW + timedelta(seconds=1), limit=10, lease=60).elsewhere
        gone = Failed("5.1.1", "550 No such user", "mx.remote.example")
        settle.settle(tx, "one", [(claim.envelope, Ended(claim.recipients[0], gone))], NOW)
        seen = asking.page(tx, Viewer(ids["ann"]), Question()).rows
        assert [[(step.act, step.recipient) for step in row.detail.steps] for row in seen] == [
            [(Act.ARRIVED, "team@example.com")]
        ]
        assert len(asking.page(tx, ADMINISTRATOR, Question(address="x@remote.example")).rows) == 4
        assert suppression.rows(tx, AT) == []
