"""How much may be sent, and how it is counted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from mailnode.errors import BadLimit, SendingLimited
from mailnode.outbound import counts, limits
from mailnode.outbound.counts import Sent
from mailnode.outbound.limits import LimitChanges
from mailnode.outbound.models import DOMAIN, EACH, USER
from tests.support.store import Store
from tests.support.together import Meet, at_once
from tests.unit.outbound.sending import AT, NOW, people, send


def test_messages_and_recipients_elsewhere_are_counted(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        send(tx, store, ann, 2)
        send(tx, store, ann, ["bob@example.com", "far@remote.example"])
        assert counts.sent(tx, USER, ann, AT) == Sent(2, 3, 2, 3)
        assert counts.sent(tx, DOMAIN, 1, AT) == Sent(2, 3, 2, 3)


def test_mail_for_mailboxes_here_counts_for_nothing(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        send(tx, store, ann, ["bob@example.com"])
        assert counts.sent(tx, USER, ann, AT) == Sent(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "words"), [("hourly_messages", "2 messages an hour"), ("daily_recipients", "2 recipients a day")]
)
def test_what_is_more_is_refused_for_now(store: Store, rule: str, words: str) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, USER, ann, **{rule: 2})  # type: ignore[arg-type]
        send(tx, store, ann)
        send(tx, store, ann)
    with store.write() as tx, pytest.raises(SendingLimited, match=words) as refused:
        send(tx, store, ann)
    assert refused.value.status == "4.7.1"


def test_an_hour_later_there_is_room_again(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, USER, ann, hourly_messages=1)
        send(tx, store, ann)
        send(tx, store, ann, now=NOW + timedelta(hours=1))
        assert counts.sent(tx, USER, ann, AT + 3600) == Sent(1, 1, 2, 2)


def test_a_domain_has_a_limit_of_its_own(store: Store) -> None:
    ids = people(store)
    with store.write() as tx:
        limits.change(tx, DOMAIN, 1, hourly_messages=1)
        send(tx, store, ids["ann"])
    letter = b"From: bob@example.com\r\n\r\nx\r\n"
    with store.write() as tx, pytest.raises(SendingLimited, match="domain"):
        send(tx, store, ids["bob"], sender="bob@example.com", raw=letter)


def test_the_closer_limit_counts_and_nought_lifts_it(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, EACH, 1, hourly_messages=5, daily_messages=7)
        limits.change(tx, USER, ann, hourly_messages=0)
        mine, everybodys = limits.limits_of(tx, ann, 1)
    assert (mine.hourly_messages, mine.daily_messages, mine.daily_recipients) == (0, 7, 10_000)
    assert everybodys == limits.OF_A_DOMAIN


def test_a_limit_goes_back_to_the_one_further_away(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        limits.change(tx, USER, ann, hourly_messages=1)
        limits.change(tx, USER, ann, hourly_messages=None)
        assert limits.limits_of(tx, ann, 1)[0] == limits.OF_A_USER


@pytest.mark.parametrize("value", [-1, 1_000_000_001])
def test_a_limit_is_a_sensible_number(store: Store, value: int) -> None:
    with store.write() as tx, pytest.raises(BadLimit):
        limits.change(tx, USER, 1, hourly_messages=value)


def test_what_nobody_looks_at_is_forgotten(store: Store) -> None:
    with store.write() as tx:
        counts.count(tx, USER, 7, 1, AT - 30 * 86_400)
        counts.count(tx, USER, 7, 1, AT - 86_400)
        counts.sweep(tx, AT)
        assert counts.busiest_hour(tx, USER, 7, AT) == 1
        assert counts.busiest_hour(tx, USER, 7, AT - 29 * 86_400) == 0


def test_what_a_clock_that_was_ahead_has_counted_is_forgotten(store: Store) -> None:
    ann = people(store)["ann"]
    with store.write() as tx:
        send(tx, store, ann, 5, now=NOW + timedelta(days=10))
        send(tx, store, ann, 2)
        counts.sweep(tx, AT)
        assert counts.sent(tx, USER, ann, AT) == Sent(1, 2, 1, 2)


def test_two_who_set_limits_of_the_same_at_once_both_succeed(store: Store) -> None:
    owners = range(10)

    def set_limits(wanted: LimitChanges, meet: Meet) -> None:
        for owner in owners:
            meet()
            with store.write() as tx:
                limits.change(tx, USER, owner, **wanted)

    changes: list[LimitChanges] = [{"hourly_messages": 1}, {"daily_messages": 2}]
    at_once(*(partial(set_limits, one) for one in changes))
    with store.read() as tx:
        found = [limits.own(tx, USER, owner) for owner in owners]
    assert [(one["hourly_messages"], one["daily_messages"]) for one in found] == [(1, 2)] * 10


def test_what_was_looked_at_before_is_seen_as_it_is_changed(store: Store) -> None:
    with store.write() as tx:
        limits.change(tx, USER, 1, hourly_messages=1, daily_messages=5)
        assert limits.own(tx, USER, 1)["hourly_messages"] == 1
        limits.change(tx, USER, 1, hourly_messages=2)
        found = limits.own(tx, USER, 1)
    assert (found["hourly_messages"], found["daily_messages"]) == (2, 5)
