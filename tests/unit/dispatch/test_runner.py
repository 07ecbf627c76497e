"""The queue manager with a real store and scripted peers: what becomes of each message, and who hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import dkim
import pytest
import uvloop
from sqlalchemy import select

from mailnode.database import utcnow
from mailnode.directory import domains, edit, transports
from mailnode.directory.transports import Exit
from mailnode.dispatch import runner, settle
from mailnode.dispatch.answered import Answered
from mailnode.outbound import feedback_id
from mailnode.proto.dsn_params import Notify
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueRecipient
from mailnode.queue.report import Reporter
from mailnode.senderauth import dkim_keys
from tests.support.smtp_peer import DROP, EHLO, SILENT, Peer
from tests.support.store import Store
from tests.unit.dispatch.managing import (
    ELSEWHERE,
    RAW,
    add_users,
    enqueue,
    inbox,
    long_ago,
    manager,
    until,
    until_tried,
    waiting,
)

WITHOUT_DSN = EHLO.replace("250-DSN\r\n", "")


@pytest.fixture
def home(store: Store) -> Store:
    add_users(store, "anna", "ben")
    return store


def managed(store: Store, test: Callable[[], Awaitable[Any]], peer: Peer | None = None) -> Any:
    """Run the test while a queue manager runs."""

    async def go() -> Any:
        async with peer or Peer() as other, manager(store, other.port):
            return await asyncio.wait_for(test(), 120)

    return uvloop.run(go())


async def empty(store: Store) -> None:
    await until(lambda: not waiting(store))


def test_a_message_leaves_and_nothing_is_left(home: Store) -> None:
    peer = Peer()
    enqueue(home, ELSEWHERE)
    managed(home, lambda: empty(home), peer)
    assert [(one.sender, one.recipients, one.content) for one in peer.taken] == [
        ("anna@example.com", (ELSEWHERE,), RAW)
    ]
    assert inbox(home) == []


def test_a_failure_is_reported_with_the_peers_words(home: Store) -> None:
    enqueue(home, ELSEWHERE, envid="my-id")
    managed(home, lambda: empty(home), Peer({"RCPT": "550 5.1.1 Nobody of that name"}))
    [report] = inbox(home)
    assert report.startswith(b"Return-Path: <>\r\n")
    for words in (
        b"multipart/report",
        b"Original-Envelope-Id: my-id",
        b"Final-Recipient: rfc822; b@[127.0.0.1]",
        b"Action: failed",
        b"Status: 5.1.1",
        b"Diagnostic-Code: smtp; 550 5.1.1 Nobody of that name",
        b"In-Reply-To: <1@example.com>",
    ):
        assert words in report


def test_one_report_for_all_recipients_of_a_message(home: Store) -> None:
    enqueue(home, ELSEWHERE, "c@[127.0.0.1]")
    managed(home, lambda: empty(home), Peer({"RCPT": "550 5.1.1 No"}))
    assert len(inbox(home)) == 1


def test_the_null_sender_hears_nothing(home: Store) -> None:
    enqueue(home, ELSEWHERE, sender="")
    managed(home, lambda: empty(home), Peer({"RCPT": "550 5.1.1 No"}))
    assert inbox(home) == []


def test_one_who_wants_no_report_hears_nothing(home: Store) -> None:
    enqueue(home, Recipient(ELSEWHERE, Notify()))
    managed(home, lambda: empty(home), Peer({"RCPT": "550 5.1.1 No"}))
    assert inbox(home) == []


def test_a_sender_elsewhere_gets_the_report_by_the_queue(home: Store) -> None:
    peer = Peer({"RCPT": ["550 5.1.1 No", "250 Ok"]})
    enqueue(home, ELSEWHERE, sender="x@[127.0.0.1]")
    managed(home, lambda: until(lambda: peer.taken and not waiting(home)), peer)
    [report] = peer.taken
    assert (report.sender, report.recipients) == ("", ("x@[127.0.0.1]",))
    assert b"Status: 5.1.1" in report.content


def test_a_report_that_fails_causes_no_other(home: Store) -> None:
    enqueue(home, ELSEWHERE, sender="x@[127.0.0.1]")
    peer = Peer({"RCPT": "550 5.1.1 No"})
    managed(home, lambda: empty(home), peer)
    assert peer.asked["RCPT"] == 2


def test_success_is_reported_when_wanted_and_the_peer_does_not_speak_dsn(home: Store) -> None:
    enqueue(home, Recipient(ELSEWHERE, Notify(success=True)))
    managed(home, lambda: empty(home), Peer({"EHLO": WITHOUT_DSN}))
    assert b"Action: relayed" in inbox(home)[0]


def test_success_is_left_to_a_peer_that_speaks_dsn(home: Store) -> None:
    peer = Peer()
    enqueue(home, Recipient(ELSEWHERE, Notify(success=True)))
    managed(home, lambda: empty(home), peer)
    assert inbox(home) == []
    assert f"RCPT TO:<{ELSEWHERE}> NOTIFY=SUCCESS" in peer.taken[0].commands


def test_a_deferred_message_waits_for_its_next_attempt(home: Store) -> None:
    enqueue(home, ELSEWHERE)
    row = managed(home, lambda: until_tried(home), Peer({"RCPT": "450 4.2.1 Later"}))
    [one] = row.recipients
    assert (one.state, one.attempts, one.last_status) == ("waiting", 1, "4.2.1")
    assert "450 4.2.1 Later" in one.last_text
    assert one.last_attempt_at is not None
    assert one.next_attempt_at - one.last_attempt_at == timedelta(minutes=1)
    assert inbox(home) == []


def test_an_old_message_is_given_up_with_the_last_words(home: Store) -> None:
    enqueue(home, ELSEWHERE, now=utcnow() - timedelta(days=5, seconds=1))
    managed(home, lambda: empty(home), Peer({"RCPT": "450 4.2.1 Later"}))
    [report] = inbox(home)
    assert b"Status: 4.4.7" in report
    assert b"450 4.2.1 Later" in report


def test_mail_for_here_is_delivered_when_its_time_comes(home: Store) -> None:
    enqueue(home, "ben@example.com", ELSEWHERE, send_at=utcnow() + timedelta(seconds=1))
    peer = Peer()
    managed(home, lambda: empty(home), peer)
    assert len(inbox(home, "ben")) == len(peer.taken) == 1


def test_nobody_here_is_reported(home: Store) -> None:
    enqueue(home, "nobody@example.com")
    managed(home, lambda: empty(home))
    assert b"Status: 5.1.1" in inbox(home)[0]


def test_success_here_is_reported_when_wanted(home: Store) -> None:
    enqueue(home, Recipient("ben@example.com", Notify(success=True)))
    managed(home, lambda: empty(home))
    assert b"Action: delivered" in inbox(home)[0]


def test_a_full_mailbox_here_is_tried_again(home: Store) -> None:
    with home.write() as tx:
        edit.set_user(tx, "ben@example.com", quota_bytes=1_000, quota_messages=1)
    enqueue(home, "ben@example.com", "ben@example.com")
    enqueue(home, "ben@example.com")
    row = managed(home, lambda: until_tried(home))
    assert row.recipients[0].last_status == "4.2.2"


def test_a_sender_is_warned_once_after_four_hours(home: Store) -> None:
    enqueue(home, ELSEWHERE)
    managed(home, lambda: until_tried(home), Peer({"RCPT": "450 4.2.1 Later"}))
    reporter = Reporter("mail.example.com", utcnow())
    with home.write() as tx:
        assert settle.warn(tx, reporter) == 0
    long_ago(home, utcnow() - timedelta(hours=4))
    with home.write() as tx:
        assert settle.warn(tx, reporter) == 1
    with home.write() as tx:
        assert settle.warn(tx, reporter) == 0
    managed(home, lambda: until(lambda: inbox(home)))
    [report] = inbox(home)
    assert b"Action: delayed" in report
    assert b"450 4.2.1 Later" in report
    assert b"Will-Retry-Until" in report


def test_what_leaves_is_signed_for_its_author(store: Store) -> None:
    add_users(store, "anna", keys=True)
    peer = Peer()
    enqueue(store, ELSEWHERE, sign=True)
    managed(store, lambda: empty(store), peer)
    signed = peer.taken[0].content
    with store.read() as tx:
        keys = {key.selector: dkim_keys.txt_value(key.private_key) for key in domains.dkim_keys_of(tx, "example.com")}
    assert signed.endswith(RAW)
    assert signed.count(b"DKIM-Signature:") == 2
    rsa_at = 0 if signed.index(b"a=rsa") < signed.index(b"a=ed25519") else 1
    assert dkim.DKIM(signed).verify(rsa_at, dnsfunc=lambda name, timeout=5: keys[name.decode().split(".")[0]].encode())


def test_what_one_recipient_gets_says_how_to_complain_and_signs_it(store: Store) -> None:
    add_users(store, "anna", keys=True)
    peer = Peer()
    raw = b"Message-ID: <one@example.com>\r\n" + RAW
    enqueue(store, ELSEWHERE, sign=True, raw=raw)
    managed(store, lambda: empty(store), peer)
    sent = peer.taken[0].content
    with store.write() as tx:
        fields = feedback_id.fields(feedback_id.key_of(tx), raw, ELSEWHERE, "example.com")
    assert sent.endswith(fields + raw)
    assert sent.count(b"cfbl-feedback-id") == 2  # in h= of both signatures


def test_what_several_get_together_does_not(store: Store) -> None:
    add_users(store, "anna", keys=True)
    peer = Peer()
    raw = b"Message-ID: <one@example.com>\r\n" + RAW
    enqueue(store, ELSEWHERE, f"b{ELSEWHERE}", sign=True, raw=raw)
    managed(store, lambda: empty(store), peer)
    assert b"CFBL-" not in peer.taken[0].content


def test_what_a_stranger_sent_through_us_is_not_signed(store: Store) -> None:
    add_users(store, "anna", keys=True)
    peer = Peer()
    enqueue(store, ELSEWHERE)
    managed(store, lambda: empty(store), peer)
    assert peer.taken[0].content == RAW


def test_what_an_alias_forwards_is_sealed_for_its_domain(store: Store) -> None:
    add_users(store, keys=True)
    peer = Peer()
    raw = f"Authentication-Results: {store.settings.hostname}; spf=pass\r\n".encode() + RAW
    enqueue(store, ELSEWHERE, sender="x@example.org", raw=raw, sealed_by="example.com")
    managed(store, lambda: empty(store), peer)
    sent = peer.taken[0].content
    assert sent.endswith(raw)
    assert sent.startswith(b"ARC-Seal: a=rsa-sha256;")
    assert b"d=example.com;" in sent
    assert b"ARC-Authentication-Results: i=1; " + store.settings.hostname.encode() + b"; spf=pass" in sent


def test_many_messages_go_through_few_connections(home: Store) -> None:
    for _ in range(100):
        enqueue(home, ELSEWHERE)
    peer = Peer()
    managed(home, lambda: empty(home), peer)
    assert len(peer.taken) == 100
    assert peer.connections <= 20


def test_two_managers_send_each_message_once(home: Store) -> None:
    for number in range(60):
        enqueue(home, f"b{number}@[127.0.0.1]")

    async def go() -> list[str]:
        async with Peer() as peer, manager(home, peer.port), manager(home, peer.port):
            await empty(home)
            return [taken.recipients[0] for taken in peer.taken]

    taken = uvloop.run(go())
    assert sorted(taken) == sorted(f"b{number}@[127.0.0.1]" for number in range(60))


def test_a_stopped_manager_lets_go_of_what_it_has_not_sent(home: Store) -> None:
    enqueue(home, ELSEWHERE)

    async def go() -> None:
        async with Peer({"connect": DROP}) as peer, manager(home, peer.port):
            await until(lambda: peer.connections > 0)

    uvloop.run(go())
    assert waiting(home)[0].recipients[0].state == "waiting"


def test_what_the_last_process_had_noted_is_not_sent_again(home: Store) -> None:
    enqueue(home, ELSEWHERE)
    enqueue(home, "c@[127.0.0.1]")
    with home.read() as tx:
        noted = tx.scalars(select(QueueRecipient.id).where(QueueRecipient.address == ELSEWHERE)).one()
    Answered(home.settings.data_dir).note([noted])
    peer = Peer()
    managed(home, lambda: empty(home), peer)
    assert [taken.recipients for taken in peer.taken] == [("c@[127.0.0.1]",)]


def test_a_slow_host_of_many_domains_keeps_no_other_mail_waiting(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"IN_HAND": 40, "BATCH": 8, "OF_ONE_DESTINATION": 8}.items():
        monkeypatch.setattr(runner, name, value)
    for number in range(10):
        enqueue(home, *(f"{letter}@{number}.elsewhere.test" for letter in "bcdef"))

    async def test() -> None:
        async with Peer({"connect": SILENT}) as slow:
            with home.write() as tx:
                transports.put(tx, Exit("*", "127.0.0.1", slow.port))
            async with manager(home):
                await until(lambda: slow.open_now)
                enqueue(home, "ben@example.com")
                await until(lambda: inbox(home, "ben"))

    uvloop.run(asyncio.wait_for(test(), 120))


def test_mail_that_a_clock_that_was_ahead_has_put_off_leaves(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LEASE", 1)
    enqueue(home, "ben@example.com", now=utcnow() + timedelta(days=10))
    managed(home, lambda: until(lambda: inbox(home, "ben")))
