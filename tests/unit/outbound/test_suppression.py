"""Addresses that bounced for good are not written to again for a time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailnode.dispatch import settle
from mailnode.errors import NotSuppressed, Suppressed
from mailnode.outbound import freezes, suppression
from mailnode.outbound.models import Suppression
from mailnode.queue.envelope import Ended
from mailnode.queue.outcome import Deferred, Ending, Failed
from mailnode.queue.report import Reporter
from tests.support.store import Store
from tests.support.together import Meet, at_once
from tests.unit.outbound.sending import AT, NOW, people, send

GONE = Failed("5.1.1", "550 5.1.1 No such user", "mx.remote.example")


def bounce(store: Store, user_id: int, ending: Ending, address: str = "Gone@remote.example") -> None:
    """Send to the address, and have it end so."""
    with store.write() as tx:
        send(tx, store, user_id, [address])
    with store.write() as tx:
        for claim in settle.claim(tx, "one", NOW, limit=10, lease=60).elsewhere:
            ended = [Ended(one, ending) for one in claim.recipients]
            settle.settle_and_report(tx, "one", Reporter("mail.example.com", NOW), claim.envelope, ended)


def test_a_hard_bounce_is_remembered_and_refused_with_its_words(store: Store) -> None:
    ids = people(store)
    bounce(store, ids["ann"], GONE)
    with store.write() as tx, pytest.raises(Suppressed, match=r"gone@remote\.example until 2026-12-25.*No such user"):
        send(tx, store, ids["ann"], ["ok@remote.example", "gone@Remote.example"])
    with store.read() as tx:
        [row] = suppression.rows(tx, AT)
        assert (row.domain, row.user, row.cause) == ("example.com", "ann@example.com", "bounce")


@pytest.mark.parametrize(
    "ending",
    [
        Failed("5.7.1", "550 5.7.1 Blocked by policy", "mx.remote.example"),
        Failed("5.2.2", "552 5.2.2 Mailbox full", "mx.remote.example"),
        Failed("5.1.2", "No such domain"),
        Deferred("4.1.1", "450 4.1.1 No such user", "mx.remote.example"),
    ],
)
def test_other_ends_teach_nothing(store: Store, ending: Ending) -> None:
    bounce(store, people(store)["ann"], ending)
    with store.read() as tx:
        assert suppression.rows(tx, AT) == []


def test_it_ends_by_itself_or_is_lifted(store: Store) -> None:
    people(store)
    with store.write() as tx:
        suppression.add(tx, 1, "gone@remote.example", cause="hand", now=AT)
        suppression.check(tx, 1, ["gone@remote.example"], AT + suppression.KEPT)
        suppression.check(tx, 2, ["gone@remote.example"], AT)
        assert suppression.lift_address(tx, "GONE@remote.example") == 1
        suppression.check(tx, 1, ["gone@remote.example"], AT)
        with pytest.raises(NotSuppressed):
            suppression.lift_address(tx, "gone@remote.example")


def test_two_who_add_an_address_at_once_both_succeed(store: Store) -> None:
    people(store)
    addresses = [f"gone{number}@remote.example" for number in range(10)]
    done = []

    def add(meet: Meet) -> None:
        for address in addresses:
            meet()
            with store.write() as tx:
                done.append(suppression.add(tx, 1, address, cause="bounce", now=AT))

    at_once(add, add)
    with store.read() as tx:
        assert [one.address for one in suppression.rows(tx, AT)] == addresses
    assert done == [True] * 20


@pytest.mark.parametrize("address", ["postmaster@remote.example", "Abuse@remote.example", "nobody"])
def test_who_is_never_suppressed(store: Store, address: str) -> None:
    people(store)
    with store.write() as tx:
        assert not suppression.add(tx, 1, address, cause="hand", now=AT)


def test_a_second_bounce_prolongs_it(store: Store) -> None:
    people(store)
    with store.write() as tx:
        suppression.add(tx, 1, "gone@remote.example", cause="bounce", now=AT)
        suppression.add(tx, 1, "gone@remote.example", cause="complaint", now=AT + 9)
        [row] = suppression.rows(tx, AT)
        assert (row.cause, int(row.expires_at.timestamp())) == ("complaint", AT + 9 + suppression.KEPT)
        suppression.sweep(tx, AT + 10 + suppression.KEPT)
        assert tx.scalars(select(Suppression.id)).all() == []


def test_words_may_hold_what_the_database_does_not_take(store: Store) -> None:
    people(store)
    with store.write() as tx:
        assert suppression.add(tx, 1, "far@remote.example", cause=suppression.HAND, now=AT, words="no\0 more\ud800")
        assert [one.words for one in suppression.rows(tx, AT)] == ["no more?"]
        freezes.freeze(tx, "destination:remote.example", now=AT, words="no\0 more\ud800")
        assert [one.words for one in freezes.all_frozen(tx)] == ["no more?"]
