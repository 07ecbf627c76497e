"""Local delivery on both engines: who gets the message, and what each recipient's outcome is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.delivery.deliver import Mail, accept, check, deliver, deliver_all
from mailnode.directory import edit, lookup
from mailnode.proto.dsn_params import Notify
from mailnode.queue import edit as queue
from mailnode.queue.envelope import Recipient
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.queue.outcome import Deferred, Delivered, Ending, Expanded, Failed
from mailnode.store import mailboxes, messages, quota
from mailnode.store.models import Blob
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RAW = b"Received: from x\r\nFrom: x@example.org\r\nSubject: Hello\r\n\r\nText\r\n"
NO_SUCH_USER = Failed("5.1.1", "No such user here")


@pytest.fixture
def home(store: Store) -> Store:
    """example.com with anna, ben and a small carl."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=(), over_quota_text="Ask +1 555 for more room")
        for name in ("anna", "ben"):
            user(tx, name)
        user(tx, "carl", quota_bytes=50)
    return store


def user(tx: Session, name: str, **values: object) -> int:
    made = edit.create_user(tx, f"{name}@example.com", password_hash="$argon2id$x", **values)  # type: ignore[arg-type]
    mailboxes.create_defaults(tx, made.id)
    return made.id


def alias(store: Store, name: str, *targets: str) -> None:
    with store.write() as tx:
        edit.create_alias(tx, f"{name}@example.com", targets)


def send(store: Store, *addresses: str, raw: bytes = RAW, sender: str = "x@example.org") -> list[Ending]:
    mail = Mail.of(sender, raw)
    with store.write() as tx:
        return deliver_all(tx, mail, [Recipient(address) for address in addresses], NOW)


def inbox(store: Store, name: str) -> list[bytes]:
    with store.read() as tx:
        owner = edit.user(tx, f"{name}@example.com").id
        place = mailboxes.by_name(tx, owner, "INBOX")
        return [messages.read(tx, owner, place.id, uid) for uid in range(1, place.uid_next)]


def queued(store: Store) -> list[tuple[str, list[str]]]:
    with store.read() as tx:
        return [(row.sender, [one.address for one in row.recipients]) for row in queue.rows(tx)]


def test_a_user_gets_the_message_with_the_fields_of_final_delivery(home: Store) -> None:
    assert isinstance(send(home, "Anna@example.com")[0], Delivered)
    assert inbox(home, "anna") == [b"Return-Path: <x@example.org>\r\nDelivered-To: anna@example.com\r\n" + RAW]


def test_the_null_sender_becomes_an_empty_return_path(home: Store) -> None:
    send(home, "anna@example.com", sender="")
    assert inbox(home, "anna")[0].startswith(b"Return-Path: <>\r\n")


def test_one_body_for_all_recipients(home: Store) -> None:
    send(home, "anna@example.com", "ben@example.com")
    assert len(inbox(home, "anna")) == len(inbox(home, "ben")) == 1
    with home.read() as tx:
        assert tx.scalar(select(func.count()).select_from(Blob)) == 1


def test_one_copy_for_one_who_is_named_in_several_ways(home: Store) -> None:
    alias(home, "team", "anna@example.com", "ben@example.com")
    endings = send(home, "anna@example.com", "anna+x@example.com", "team@example.com")
    assert all(isinstance(ending, Delivered) for ending in endings)
    assert len(inbox(home, "anna")) == 1


def test_targets_elsewhere_wait_in_the_queue_under_a_sender_of_ours(home: Store) -> None:
    alias(home, "team", "anna@example.com", "y@example.net")
    alias(home, "other", "y@example.net")
    send(home, "team@example.com", "other@example.com")
    ((sender, recipients),) = queued(home)
    assert sender.startswith("SRS0=")
    assert sender.endswith("=example.org=x@example.com")
    assert recipients == ["y@example.net"]
    assert len(inbox(home, "anna")) == 1


@pytest.mark.parametrize("sender", ["", "ben@example.com"])
def test_our_own_senders_and_the_null_one_stay(home: Store, sender: str) -> None:
    alias(home, "team", "y@example.net")
    send(home, "team@example.com", sender=sender)
    assert queued(home) == [(sender, ["y@example.net"])]


@pytest.mark.parametrize(("sender", "sealed_by"), [("x@example.org", "example.com"), ("ben@example.com", None)])
def test_a_strangers_message_is_to_be_sealed_by_the_domain_that_forwards_it(
    home: Store, sender: str, sealed_by: str | None
) -> None:
    alias(home, "team", "y@example.net")
    send(home, "team@example.com", sender=sender)
    with home.read() as tx:
        assert tx.scalars(select(QueueMessage.sealed_by)).all() == [sealed_by]


def test_a_bounce_of_what_was_forwarded_goes_on_to_the_stranger(home: Store) -> None:
    alias(home, "team", "y@example.net")
    send(home, "team@example.com")
    ((ours, _),) = queued(home)
    send(home, ours, sender="")
    assert queued(home)[-1] == ("", ["x@example.org"])


def test_wishes_about_reports_travel_along_an_alias(home: Store) -> None:
    alias(home, "away", "y@example.net")
    with home.write() as tx:
        deliver_all(tx, Mail.of("x@example.org", RAW), [Recipient("away@example.com", Notify(success=True))], NOW)
    with home.read() as tx:
        assert tx.execute(select(QueueRecipient.notify)).scalar_one() == "SUCCESS"


def notified(store: Store, name: str, *, sender: str = "x@example.org", reporter: str = "mail.example.com") -> None:
    """A message to the name whose sender wants to hear of success."""
    mail = replace(Mail.of(sender, RAW), reporter=reporter)
    with store.write() as tx:
        deliver_all(tx, mail, [Recipient(f"{name}@example.com", Notify(success=True))], NOW)


def test_success_is_reported_when_wanted(home: Store) -> None:
    notified(home, "anna")
    assert queued(home) == [("", ["x@example.org"])]


@pytest.mark.parametrize("given", [{"sender": ""}, {"reporter": ""}])
def test_success_is_not_reported_to_nobody_or_twice(home: Store, given: dict[str, str]) -> None:
    notified(home, "anna", **given)
    assert queued(home) == []


def test_success_behind_an_alias_is_left_to_those_elsewhere(home: Store) -> None:
    alias(home, "team", "anna@example.com", "y@example.net")
    notified(home, "team")
    assert [recipients for _, recipients in queued(home)] == [["y@example.net"]]


def test_nobody_and_elsewhere(home: Store) -> None:
    assert send(home, "nobody@example.com", "z@example.net") == [
        NO_SUCH_USER,
        Failed("5.7.1", "Relaying to example.net denied"),
    ]


def test_one_step_of_an_alias_is_expanded(home: Store) -> None:
    alias(home, "team", "anna@example.com", "y@example.net")
    with home.write() as tx:
        assert deliver(tx, Mail.of("", RAW), "team@example.com") == Expanded(("anna@example.com", "y@example.net"))


def test_too_many_hops(home: Store) -> None:
    assert send(home, "anna@example.com", raw=b"Received: from x\r\n" * 100 + RAW) == [Failed("5.4.6", "Too many hops")]
    assert inbox(home, "anna") == []


def test_what_comes_back_by_a_forwarding_elsewhere_is_a_loop(home: Store) -> None:
    send(home, "anna@example.com")
    [back] = inbox(home, "anna")
    assert send(home, "anna@example.com", "ben@example.com", raw=b"Received: from y\r\n" + back) == [
        Failed("5.4.6", "Loop: already delivered to anna@example.com"),
        Delivered(text="Delivered to the mailbox"),
    ]


def test_a_disabled_user(home: Store) -> None:
    with home.write() as tx:
        edit.set_user(tx, "anna@example.com", disabled=True)
    assert send(home, "anna@example.com") == [Failed("5.2.1", "Mailbox disabled")]


def test_a_full_mailbox_is_temporary_and_says_the_domains_sentence(home: Store) -> None:
    with home.write() as tx:
        edit.set_user(tx, "anna@example.com", quota_messages=1)
    send(home, "anna@example.com")
    assert send(home, "anna@example.com") == [Deferred("4.2.2", "Ask +1 555 for more room")]


def test_what_can_never_fit_is_permanent(home: Store) -> None:
    assert send(home, "carl@example.com") == [Failed("5.2.2", "Ask +1 555 for more room")]


def test_a_refused_message_is_not_counted(home: Store) -> None:
    send(home, "carl@example.com")
    with home.read() as tx:
        assert quota.usage(tx, edit.user(tx, "carl@example.com").id).messages == 0


def verdict(store: Store, *addresses: str) -> Ending:
    with store.write() as tx:
        return accept(tx, Mail.of("x@example.org", RAW), [Recipient(address) for address in addresses], NOW)


def test_one_answer_for_an_envelope_and_the_rest_waits_in_the_queue(home: Store) -> None:
    assert isinstance(verdict(home, "anna@example.com", "carl@example.com"), Delivered)
    assert queued(home) == [("x@example.org", ["carl@example.com"])]


def test_nothing_is_kept_when_nobody_could_be_served(home: Store) -> None:
    assert isinstance(verdict(home, "carl@example.com", "nobody@example.com"), Failed)
    assert queued(home) == []


def test_an_alias_with_one_full_target_is_served_and_the_target_waits(home: Store) -> None:
    alias(home, "team", "anna@example.com", "carl@example.com")
    assert isinstance(verdict(home, "team@example.com"), Delivered)
    assert queued(home) == [("x@example.org", ["carl@example.com"])]


def look(store: Store, address: str, size: int = 10) -> Ending:
    with store.read() as tx:
        return check(tx, address, size)


def test_check_lets_users_and_aliases_pass(home: Store) -> None:
    alias(home, "team", "carl@example.com", "anna@example.com")
    alias(home, "away", "y@example.net")
    for name in ("anna", "anna+x", "team", "away"):
        assert look(home, f"{name}@example.com") == Delivered()


def test_check_refuses_as_delivery_would(home: Store) -> None:
    alias(home, "lost", "gone@example.com")
    assert look(home, "nobody@example.com") == NO_SUCH_USER
    assert look(home, "lost@example.com") == NO_SUCH_USER
    assert look(home, "z@example.net") == Failed("5.7.1", "Relaying to example.net denied")
    assert look(home, "carl@example.com", 1000) == Failed("5.2.2", "Ask +1 555 for more room")


def test_check_of_a_full_mailbox_is_temporary(home: Store) -> None:
    with home.write() as tx:
        edit.set_user(tx, "anna@example.com", quota_messages=1)
    send(home, "anna@example.com")
    assert look(home, "anna@example.com") == Deferred("4.2.2", "Ask +1 555 for more room")


def test_attack_a_large_alias_keeps_nobody_waiting(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction holds the write lock: what a stranger sends to thousands is for the queue."""
    monkeypatch.setattr("mailnode.delivery.deliver.AT_ONCE", 1)
    alias(home, "all", "anna@example.com", "ben@example.com", "carl@example.com")
    assert send(home, "all@example.com", "ben@example.com") == [
        Delivered(text="Delivered to the mailbox", reports=True),
        Delivered(text="Delivered to the mailbox"),
    ]
    assert (len(inbox(home, "anna")), len(inbox(home, "ben"))) == (1, 1)
    with home.read() as tx:
        assert tx.scalars(select(QueueRecipient.address)).all() == ["carl@example.com"]


def test_attack_asking_about_a_large_alias_is_cheap(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = lookup.resolve

    def resolve(tx: Session, address: str) -> lookup.Resolution:
        asked.append(address)
        return real(tx, address)

    with home.write() as tx:
        for number in range(50):
            user(tx, f"user{number}")
    alias(home, "all", *(f"user{number}@example.com" for number in range(50)))
    monkeypatch.setattr(lookup, "resolve", resolve)
    with home.read() as tx:
        assert check(tx, "all@example.com") == Delivered()
    assert len(asked) < 30


def test_whoever_has_room_last_behind_an_alias_is_found(home: Store) -> None:
    with home.write() as tx:
        for number in range(30):
            user(tx, f"small{number}", quota_bytes=50)
    alias(home, "all", *(f"small{number}@example.com" for number in range(30)), "anna@example.com")
    with home.read() as tx:
        assert check(tx, "all@example.com", 1000) == Delivered()


def test_a_mailbox_for_junk_that_goes_at_the_same_time_refuses_nobody(
    home: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailnode.delivery.deliver._junk_mailbox", lambda *_: (2**40, "Junk"))
    mail = replace(Mail.of("x@example.org", RAW), junk=True)
    with home.write() as tx:
        assert isinstance(deliver(tx, mail, "anna@example.com"), Deferred)
