"""The spool on both engines: nothing is lost, nothing is claimed twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from mailnode.errors import NoRecipients
from mailnode.proto.dsn_params import Notify, OriginalRecipient
from mailnode.queue import delays, spool
from mailnode.queue.busy import Busy
from mailnode.queue.envelope import Claim, ClaimedRecipient, Deadline, Ended, Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.queue.timetable import DAY
from mailnode.store import bodies
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RAW = b"Subject: x\r\n\r\nbody\r\n"
LEASE = 60
LATER = Deferred("4.2.0", "450 later", "mx.example.org")


def enqueue(store: Store, *addresses: str, **more: object) -> int:
    with store.write() as tx:
        recipients = [Recipient(address) for address in addresses]
        options = {"sender": "a@example.com", "raw": RAW, "now": NOW, **more}
        return spool.enqueue(tx, recipients=recipients, **options)  # type: ignore[arg-type]


def claim(store: Store, owner: str = "one", seconds: float = 0, **more: object) -> list[Claim]:
    with store.write() as tx:
        options = {"limit": 100, "lease": LEASE, **more}
        return spool.claim(tx, owner, NOW + timedelta(seconds=seconds), **options)  # type: ignore[arg-type]


def finish(
    store: Store, recipient: ClaimedRecipient, outcome: Delivered | Deferred | Failed, owner: str = "one"
) -> None:
    with store.write() as tx:
        spool.finish(tx, "one", [Ended(recipient, outcome)], NOW)


def rows(store: Store) -> tuple[int, int]:
    with store.read() as tx:
        messages = tx.scalar(select(func.count()).select_from(QueueMessage))
        recipients = tx.scalar(select(func.count()).select_from(QueueRecipient))
        return messages or 0, recipients or 0


BY = Deadline(int(NOW.timestamp()) + 3600, "N", trace=True)


def test_what_goes_in_comes_out(store: Store) -> None:
    notify, orcpt = Notify(success=True), OriginalRecipient("rfc822", "Old+Name@example.org")
    with store.write() as tx:
        number = spool.enqueue(
            tx,
            sender="a@example.com",
            recipients=[Recipient("b@Example.ORG", notify, orcpt)],
            raw=RAW,
            envid="e+1",
            ret="HDRS",
            smtputf8=True,
            body="8BITMIME",
            sign=True,
            requiretls=True,
            deadline=BY,
            now=NOW,
        )
    [one] = claim(store)
    assert (one.envelope.requiretls, one.envelope.deadline) == (True, BY)
    assert (one.envelope.id, one.envelope.sender, one.destination) == (number, "a@example.com", "example.org")
    assert (one.envelope.envid, one.envelope.ret, one.envelope.size) == ("e+1", "HDRS", len(RAW))
    assert (one.envelope.smtputf8, one.envelope.eightbit, one.envelope.sign) == (True, True, True)
    assert (one.recipients[0].address, one.recipients[0].notify, one.recipients[0].orcpt) == (
        "b@Example.ORG",
        notify,
        orcpt,
    )
    with store.read() as tx:
        assert bodies.read(tx, one.envelope.blob_id) == RAW


def test_recipients_of_one_destination_are_one_claim(store: Store) -> None:
    enqueue(store, "b@example.org", "c@EXAMPLE.org", "d@example.net")
    assert sorted((one.destination, len(one.recipients)) for one in claim(store)) == [
        ("example.net", 1),
        ("example.org", 2),
    ]


def test_a_message_without_recipients_is_refused(store: Store) -> None:
    with pytest.raises(NoRecipients):
        enqueue(store)


def test_a_claimed_recipient_is_not_given_away_again(store: Store) -> None:
    enqueue(store, "b@example.org")
    assert claim(store)
    assert not claim(store, "two", LEASE - 1)


def test_a_dead_owners_recipient_is_due_when_its_lease_runs_out(store: Store) -> None:
    enqueue(store, "b@example.org")
    claim(store)
    assert claim(store, "two", LEASE)


def test_a_living_owner_keeps_its_lease(store: Store) -> None:
    enqueue(store, "b@example.org")
    [one] = claim(store)
    with store.write() as tx:
        later = NOW + timedelta(seconds=LEASE - 1)
        spool.renew(tx, "one", [recipient.id for recipient in one.recipients], later, LEASE)
    assert not claim(store, "two", LEASE)


def test_a_new_process_takes_over_from_its_dead_forerunner(store: Store) -> None:
    enqueue(store, "b@example.org")
    claim(store)
    with store.write() as tx:
        assert spool.take_over(tx, "another", NOW) == 0
        assert spool.take_over(tx, "one", NOW) == 1
    assert claim(store, "two")


def test_two_claimers_at_once_share_without_overlap(store: Store) -> None:
    for number in range(40):
        enqueue(store, f"b{number}@example.org")
    found: list[list[int]] = [[], []]

    def work(which: int) -> None:
        while claims := claim(store, str(which), limit=3):
            found[which] += [one.recipients[0].id for one in claims]

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found[0] + found[1]) == sorted(set(found[0]) | set(found[1]))
    assert len(found[0] + found[1]) == 40


def test_busy_destinations_are_passed_over(store: Store) -> None:
    enqueue(store, "b@example.org", "c@example.net")
    assert [one.destination for one in claim(store, busy=Busy(["example.org"]))] == ["example.net"]


def test_nothing_is_left_of_a_delivered_message(store: Store) -> None:
    enqueue(store, "b@example.org", "c@example.org")
    [one] = claim(store)
    finish(store, one.recipients[0], Delivered())
    assert rows(store) == (1, 1)
    finish(store, one.recipients[1], Failed("5.1.1", "no"))
    assert rows(store) == (0, 0)


def test_a_deferred_recipient_comes_back_with_the_peers_words(store: Store) -> None:
    enqueue(store, "b@example.org")
    [one] = claim(store)
    finish(store, one.recipients[0], Deferred("4.2.0", "450 later", "mx.example.org"))
    assert not claim(store, seconds=59)
    [again] = claim(store, seconds=60)
    assert (again.recipients[0].attempts, again.recipients[0].last_text) == (1, "mx.example.org said: 450 later")


def test_a_deferred_recipient_whose_time_is_over_has_failed() -> None:
    recipient = ClaimedRecipient(1, 1, "b@example.org", 20, int(NOW.timestamp()))
    ended = spool.in_time(recipient, Deferred("4.2.0", "450 later", "mx"), NOW)
    assert ended.outcome == Failed("4.4.7", "450 later", "mx")


def test_deferred_by_one_who_lost_the_lease_counts_nothing(store: Store) -> None:
    enqueue(store, "b@example.org")
    [one] = claim(store)
    assert claim(store, "two", LEASE)
    finish(store, one.recipients[0], Deferred("4.2.0", "later"))
    assert not claim(store, "three", LEASE + 1)


def test_delivered_by_one_who_lost_the_lease_counts(store: Store) -> None:
    enqueue(store, "b@example.org")
    [one] = claim(store)
    claim(store, "two", LEASE)
    finish(store, one.recipients[0], Delivered())
    assert rows(store) == (0, 0)


def test_a_message_waits_for_its_time(store: Store) -> None:
    enqueue(store, "b@example.org", send_at=NOW + timedelta(seconds=9.5))
    assert not claim(store, seconds=9.9)
    [one] = claim(store, seconds=10)
    assert one.envelope.created_at == int(NOW.timestamp()) + 10
    assert one.recipients[0].expires_at == one.envelope.created_at + 5 * DAY


def test_due_tells_whether_a_claim_is_worth_while(store: Store) -> None:
    with store.read() as tx:
        assert not spool.due(tx, NOW)
    enqueue(store, "b@example.org")
    with store.read() as tx:
        assert spool.due(tx, NOW)


def test_sweep_removes_messages_without_recipients(store: Store) -> None:
    enqueue(store, "b@example.org")
    [one] = claim(store)
    with store.write() as tx:
        tx.query(QueueRecipient).delete()
        assert spool.sweep(tx) == 1
    assert one.envelope.id
    assert rows(store) == (0, 0)


@pytest.mark.parametrize(
    ("address", "destination"),
    [
        ("b@Example.Org", "example.org"),
        ("b@münchen.example", "xn--mnchen-3ya.example"),
        ('"a@b"@example.org', "example.org"),
        ("b@[192.0.2.1]", "[192.0.2.1]"),
        ("postmaster", ""),
        ("b@-bad-", "-bad-"),
    ],
)
def test_destination_of_an_address(address: str, destination: str) -> None:
    assert spool.destination_of(address) == destination


def test_what_must_arrive_in_time_is_given_up_when_the_time_is_over(store: Store) -> None:
    at = int(NOW.timestamp()) + 120
    enqueue(store, "b@example.org", deadline=Deadline(at, "R"))
    [one] = claim(store)
    assert one.recipients[0].expires_at == at
    late = spool.in_time(one.recipients[0], Deferred("4.4.1", "no answer"), NOW + timedelta(seconds=120))
    assert isinstance(late.outcome, Failed)


def test_who_wants_to_hear_of_lateness_hears_when_the_time_is_over(store: Store) -> None:
    enqueue(store, "b@example.org", deadline=Deadline(int(NOW.timestamp()) + 120, "N"))
    [one] = claim(store)
    finish(store, one.recipients[0], Deferred("4.4.1", "no answer"))
    with store.read() as tx:
        assert delays.unwarned(tx, NOW + timedelta(seconds=119), 10) == []
        assert len(delays.unwarned(tx, NOW + timedelta(seconds=120), 10)) == 1


def test_what_a_clock_that_was_ahead_has_put_off_is_called_back(store: Store) -> None:
    ahead = 10 * DAY
    for address in ("new@example.org", "leased@example.org", "tried@example.org"):
        enqueue(store, address, now=NOW + timedelta(seconds=ahead))
    with store.write() as tx:
        _, leased, tried = spool.claim(tx, "one", NOW + timedelta(seconds=ahead), limit=100, lease=LEASE)
        spool.finish(tx, "one", [Ended(tried.recipients[0], LATER)], NOW + timedelta(seconds=ahead))
        spool.take_over(tx, "two", NOW)
        assert spool.call_back(tx, NOW, LEASE) == 3
        spool.renew(tx, "one", [leased.recipients[0].id], NOW + timedelta(seconds=LEASE / 2), LEASE)  # it lives
    found = claim(store, "two", seconds=LEASE)
    assert {one.recipients[0].address for one in found} == {"new@example.org", "tried@example.org"}


def test_what_waits_for_its_own_time_is_not_called_back(store: Store) -> None:
    enqueue(store, "b@example.org", send_at=NOW + timedelta(days=10))
    enqueue(store, "c@example.org")
    with store.write() as tx:
        [one] = spool.claim(tx, "one", NOW, limit=100, lease=LEASE)
        spool.finish(tx, "one", [Ended(replace(one.recipients[0], attempts=20), LATER)], NOW)
        assert spool.call_back(tx, NOW, LEASE) == 0
