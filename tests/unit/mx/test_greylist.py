"""Who comes again, and who is known."""

from __future__ import annotations

from dataclasses import replace

from mailnode.mx import greylist
from mailnode.mx.greylist import KNOWN, RETRY, Asked
from mailnode.proto.address import Address
from mailnode.proto.parameters import parse_rcpt
from mailnode.smtpd.reception import Envelope, Recipient
from tests.support.store import Store

DELAY = 60


def ask(store: Store, now: int, *, address: str = "192.0.2.1", sender: str = "bob", to: str = "ann") -> int:
    recipients = [Recipient(*parse_rcpt(f"TO:<{name}@example.com>", smtputf8=False)) for name in to.split()]
    envelope = Envelope(Address(sender, "a.test") if sender else None, recipients=recipients)
    with store.write() as tx:
        return greylist.ask(tx, Asked.of(address, envelope, now, DELAY))


def test_the_second_attempt_passes_when_the_time_is_over(store: Store) -> None:
    assert [ask(store, now) for now in (1000, 1010, 1059, 1060, 1061)] == [60, 50, 1, 0, 0]


def test_machines_of_one_network_are_one_client_and_numbers_in_a_sender_do_not_count(store: Store) -> None:
    ask(store, 1000, sender="list-1001-a")
    assert ask(store, 1100, address="192.0.2.9", sender="list-1002-a") == 0
    assert ask(store, 1100, address="192.0.3.9", sender="list-1002-a") == DELAY
    assert ask(store, 1100, address="2001:db8::1", sender="") == DELAY
    assert ask(store, 1200, address="2001:db8::2", sender="") == 0


def test_who_does_not_come_in_time_begins_anew_and_who_came_is_known_for_weeks(store: Store) -> None:
    ask(store, 1000)
    assert ask(store, 1000 + RETRY) == DELAY
    assert ask(store, 1100 + RETRY) == 0
    assert ask(store, 1100 + RETRY + KNOWN - 1) == 0
    assert ask(store, 1100 + RETRY + 2 * KNOWN) == DELAY


def test_every_recipient_of_a_message_must_have_been_named_before(store: Store) -> None:
    ask(store, 1000, to="ann")
    assert ask(store, 1100, to="ann bob") == DELAY
    assert ask(store, 1160, to="ann bob") == 0


def test_a_network_that_came_again_for_several_is_known_for_all(store: Store) -> None:
    for name in ("a", "b", "c", "d", "e"):
        ask(store, 1000, sender=name)
        assert ask(store, 1100, sender=name) == 0
    assert ask(store, 1100, sender="x") == 0
    assert ask(store, 1100, sender="x", address="198.51.100.1") == DELAY


def test_whoever_only_wants_to_know_leaves_no_trace(store: Store) -> None:
    asked = Asked("192.0.2.0/24", (b"k" * 16,), 1000, DELAY)
    with store.read() as tx:
        assert [greylist.left(tx, asked) for _ in range(2)] == [DELAY, DELAY]
    with store.write() as tx:
        greylist.ask(tx, asked)
        assert greylist.left(tx, replace(asked, now=1060)) == 0


def test_those_whose_time_is_over_are_swept(store: Store) -> None:
    ask(store, 1000)
    ask(store, 2000, sender="x")
    with store.write() as tx:
        assert (greylist.sweep(tx, 1000 + RETRY), greylist.sweep(tx, 1000 + RETRY)) == (1, 0)
    assert ask(store, 2060, sender="x") == 0
