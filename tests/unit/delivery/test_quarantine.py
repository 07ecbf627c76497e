"""Kept back, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.delivery import quarantine
from mailnode.delivery.deliver import Mail
from mailnode.delivery.quarantine import Reason
from mailnode.errors import NotInQuarantine
from mailnode.proto.dsn_params import parse_notify, parse_orcpt
from mailnode.queue import spool
from mailnode.queue.envelope import Deadline, Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import sweep
from tests.support.store import Store
from tests.support.together import Meet, at_once

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
RAW = "From: Eve <eve@a.test>\r\nSubject: =?utf-8?q?B=C3=A4r=00?=\r\n\r\nHell\u00f6\r\n".encode()
REASON = Reason("192.0.2.1", "several_froms", "The message has several From fields", 4.5)
TO = Recipient("ann@example.com", parse_notify("SUCCESS"), parse_orcpt("rfc822;a@b.test"))


def put(tx: Session, *recipients: Recipient, now: datetime = NOW) -> int:
    mail = Mail.of("eve@a.test", RAW)
    return quarantine.put(tx, mail, recipients or [TO], REASON, now, days=30)


def test_what_is_kept_back_is_shown_newest_first(store: Store) -> None:
    with store.write() as tx:
        first, second = put(tx), put(tx, TO, Recipient("bob@example.com"))
    with store.read() as tx:
        assert [one.id for one in quarantine.rows(tx)] == [second, first]
        assert [one.id for one in quarantine.rows(tx, before=second)] == [first]
        one = quarantine.show(tx, second)
        assert (one.subject, one.author, one.reason, one.score) == (
            "Bär ", "Eve <eve@a.test>", "The message has several From fields", 4.5,
        )  # fmt: skip
        assert one.recipients == ("ann@example.com", "bob@example.com")
        assert [len(quarantine.rows(tx, text=text)) for text in ("Bär", "BOB@", "100%", "eve")] == [2, 1, 0, 2]
        assert bytes(quarantine.content(tx, first)[:]) == RAW


def test_two_who_release_it_at_once_send_it_once(store: Store) -> None:
    with store.write() as tx:
        kept = [put(tx) for _ in range(5)]
    refused = []

    def release(meet: Meet) -> None:
        for one in kept:
            meet()
            try:
                with store.write() as tx:
                    quarantine.release(tx, one, NOW)
            except NotInQuarantine:
                refused.append(one)

    at_once(release, release)
    with store.read() as tx:
        assert tx.scalar(select(func.count(QueueMessage.id))) == len(kept)
    assert refused == kept


def test_what_is_released_goes_to_its_recipients_with_what_the_sender_wished(store: Store) -> None:
    with store.write() as tx:
        kept = put(tx)
        queue_id = quarantine.release(tx, kept, NOW)
        message = tx.scalars(select(QueueMessage).where(QueueMessage.id == queue_id)).one()
        recipient = tx.scalars(select(QueueRecipient)).one()
        assert (message.sender, message.size, recipient.address) == ("eve@a.test", len(RAW), "ann@example.com")
        assert (recipient.notify, recipient.orcpt) == ("SUCCESS", "rfc822;a@b.test")
        with pytest.raises(NotInQuarantine):
            quarantine.release(tx, kept, NOW)


def test_what_is_released_still_wants_tls_and_its_time(store: Store) -> None:
    by = Deadline(int(NOW.timestamp()) + 3600, "R", trace=True)
    mail = replace(Mail.of("eve@a.test", RAW), requiretls=True, deadline=by)
    with store.write() as tx:
        kept = quarantine.put(tx, mail, [TO], REASON, NOW, days=30)
    with store.write() as tx:
        quarantine.release(tx, kept, NOW)
        [claim] = spool.claim(tx, "me", NOW, limit=1, lease=60)
    assert (claim.envelope.requiretls, claim.envelope.deadline) == (True, by)
    assert claim.recipients[0].expires_at == by.at


def test_bodies_stay_as_long_as_the_quarantine_names_them(store: Store) -> None:
    with store.write() as tx:
        kept = put(tx)
    with store.write() as tx:
        assert sweep.sweep(tx, grace=-1).bodies == 0
        quarantine.forget(tx, kept)
    with store.write() as tx:
        assert sweep.sweep(tx, grace=-1).bodies == 1


def test_what_nobody_releases_is_forgotten(store: Store) -> None:
    with store.write() as tx:
        put(tx)
        later = put(tx, now=NOW + timedelta(days=1))
        assert quarantine.sweep(tx, int((NOW + timedelta(days=30)).timestamp())) == 1
        assert [one.id for one in quarantine.rows(tx)] == [later]


def test_the_oldest_make_room(store: Store) -> None:
    with store.write() as tx:
        first, second, third = put(tx), put(tx), put(tx)
        assert quarantine.make_room(tx, 3 * len(RAW)) == 0
        assert quarantine.make_room(tx, 0) == 0
        assert quarantine.make_room(tx, 2 * len(RAW)) == 1
        assert [one.id for one in quarantine.rows(tx)] == [third, second]
        used = quarantine.usage(tx)
    assert (used.messages, used.size, used.oldest) == (2, 2 * len(RAW), NOW)
    assert first < second


def test_a_flood_makes_room_for_itself(store: Store) -> None:
    mail = Mail.of("eve@a.test", RAW)
    with store.write() as tx:
        for _ in range(4 * quarantine.LOOK_EVERY):
            quarantine.put(tx, mail, [TO], REASON, NOW, days=30, most=5 * len(RAW))
        assert quarantine.usage(tx).messages < 5 + quarantine.LOOK_EVERY


def test_a_message_larger_than_all_room_is_kept_alone(store: Store) -> None:
    large = Mail.of("eve@a.test", RAW + b"x" * quarantine.LARGE)
    with store.write() as tx:
        put(tx)
        kept = quarantine.put(tx, large, [TO], REASON, NOW, days=30, most=1000)
        assert [one.id for one in quarantine.rows(tx)] == [kept]
