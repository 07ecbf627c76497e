"""A burst freezes one user's sending; destinations and addresses are frozen by hand."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.dispatch import settle
from mailnode.errors import NotFrozen
from mailnode.outbound import counts, freezes, limits
from mailnode.outbound.models import USER, Freeze
from mailnode.queue import control, edit, spool
from mailnode.queue.control import Chosen
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueMessage
from tests.support.store import Store
from tests.unit.outbound.sending import AT, NOW, notices, people, send, states


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
    together = threading.Barrier(4)

    def burst() -> None:
        together.wait(60)
        with store.write() as tx:
            send(tx, store, ann, 5)

    threads = [threading.Thread(target=burst) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with store.read() as tx:
        assert states(tx, ann) == [("held", f"user:{ann}")] * 20
        assert tx.scalar(select(func.count(QueueMessage.id)).where(QueueMessage.sender == "")) == 2


def test_two_who_freeze_the_same_at_once_both_succeed(store: Store) -> None:
    domains = [f"slow{number}.example" for number in range(10)]
    together, done = threading.Barrier(2), []

    def freeze() -> None:
        for domain in domains:
            together.wait(60)
            with store.write() as tx:
                freezes.freeze(tx, freezes.key_of_destination(domain), now=AT)
                done.append(domain)

    threads = [threading.Thread(target=freeze) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
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
