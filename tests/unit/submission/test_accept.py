"""Handing a message in: whose it is, what is added, who has it when the transaction commits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory import edit
from mailnode.errors import MessageTooLarge, NoRecipients, NotDelivered, NotYourAddress, UnknownUser
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import bodies, mailboxes, messages
from mailnode.store.ranges import EVERYTHING
from mailnode.submission import accept
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ANN = "ann@example.com"
LETTER = b"From: ann@example.com\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.fixture
def users(store: Store) -> dict[str, int]:
    with store.write() as tx:
        edit.create_domain(tx, "example.com")
        made = {}
        for name, quota in (("ann", None), ("bob", None), ("full", 100)):
            made[name] = edit.create_user(tx, f"{name}@example.com", password_hash="x", quota_bytes=quota).id
            mailboxes.create_defaults(tx, made[name])
        return made


def send(tx: Session, store: Store, users: dict[str, int], *recipients: str, **more: Any) -> accept.Accepted:
    values: dict[str, Any] = {"user_id": users["ann"], "sender": ANN, "raw": LETTER, "now": NOW}
    return accept.accept(tx, store.settings, recipients=recipients, **(values | more))


def inbox(tx: Session, user_id: int) -> list[bytes]:
    box = mailboxes.by_name(tx, user_id, mailboxes.INBOX).id
    uids = [row[0] for row in messages.rows(tx, user_id, box, EVERYTHING, ("uid",))]
    return [messages.read(tx, user_id, box, uid) for uid in uids]


def waiting(tx: Session) -> list[str]:
    return sorted(tx.scalars(select(QueueRecipient.address)))


def test_local_is_delivered_and_remote_queued_in_one_transaction(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        assert send(tx, store, users, "bob@example.com", "far@remote.example").queue_id
    with store.read() as tx:
        assert len(inbox(tx, users["bob"])) == 1
        assert waiting(tx) == ["far@remote.example"]
        assert tx.scalars(select(QueueMessage.sign)).all() == [True]


def test_nothing_is_queued_for_local_recipients(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        assert send(tx, store, users, "bob@example.com") == accept.Accepted(None)


def test_what_answers_a_report_of_this_host_stays_here(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        edit.set_user(tx, "bob@example.com", administrator=True)
        assert send(tx, store, users, f"MAILER-DAEMON@{store.settings.hostname}") == accept.Accepted(None)
        assert len(inbox(tx, users["bob"])) == 1


def test_later_means_everything_waits(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        send(tx, store, users, "bob@example.com", send_at=NOW + timedelta(seconds=10))
        assert inbox(tx, users["bob"]) == []
        assert waiting(tx) == ["bob@example.com"]


def test_what_is_missing_is_added(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        send(tx, store, users, "far@remote.example", raw=b"Subject: x\r\nBcc: b@remote.example\r\n\r\nHello\r\n")
        raw = bodies.read(tx, tx.scalars(select(QueueMessage.blob_id)).one())
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b":")[0] for line in head] == [b"From", b"Date", b"Message-ID", b"Subject"]
    assert head[2].endswith(b"@example.com>")


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "bob@example.com"},
        {"raw": LETTER.replace(b"ann@", b"bob@")},
        {"raw": b"From: bob@example.com\r\n" + LETTER},
        {"raw": LETTER.replace(b"ann@example.com", b"ann@example.com, bob@example.com")},
        {"raw": LETTER.replace(b"ann@example.com", b"nobody at all")},
        {"raw": b"Resent-From: bob@example.com\r\n" + LETTER.replace(b"ann@", b"boss@")},
    ],
)
def test_only_as_oneself(store: Store, users: dict[str, int], changes: dict[str, Any]) -> None:
    with store.write() as tx, pytest.raises(NotYourAddress):
        send(tx, store, users, "bob@example.com", **changes)


def test_resending_is_allowed_and_not_signed(store: Store, users: dict[str, int]) -> None:
    resent = b"Resent-From: ann@example.com\r\n" + LETTER.replace(b"ann@example.com", b"boss@remote.example")
    with store.write() as tx:
        send(tx, store, users, "far@remote.example", raw=resent)
        assert tx.scalars(select(QueueMessage.sign)).all() == [False]


def test_reports_go_from_the_null_sender(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        send(tx, store, users, "bob@example.com", sender="")
        assert inbox(tx, users["bob"])[0].startswith(b"Return-Path: <>\r\n")


def test_refusals(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        with pytest.raises(NoRecipients):
            send(tx, store, users)
        with pytest.raises(UnknownUser, match=r"nobody@example\.com"):
            send(tx, store, users, "bob@example.com", "nobody@example.com")
        with pytest.raises(MessageTooLarge):
            send(tx, store, users, "bob@example.com", raw=bytes(store.settings.message_size_limit + 1))
        with pytest.raises(NotDelivered) as full:
            send(tx, store, users, "full@example.com")
    assert full.value.status == "5.2.2"


def test_who_has_no_room_does_not_stop_the_others(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        send(tx, store, users, "bob@example.com", "full@example.com")
        assert len(inbox(tx, users["bob"])) == 1
        assert waiting(tx) == ["full@example.com"]


def test_octets_and_addresses_beyond_ascii_are_noted(store: Store, users: dict[str, int]) -> None:
    with store.write() as tx:
        send(tx, store, users, "用户@remote.example", raw=LETTER + "ä\r\n".encode())
        assert tx.execute(select(QueueMessage.smtputf8, QueueMessage.eightbit)).all() == [(True, True)]


@pytest.mark.parametrize(
    "author",
    [
        "<bob@example.com> <ann@example.com>",
        "<ann@example.com> <bob@example.com>",
        "bob@example.com ann@example.com",
        "ann@example.com, <bob@example.com> <ann@example.com>",
        "ann@example.com, bob@example.com",
        "Group: ann@example.com, bob@example.com;",
        "bob@example.com\r\nFrom: ann@example.com",
        "ann@example.com\r\nFrom : bob@example.com",
        "ann@example.com\r\n ,bob@example.com",
        "(<ann@example.com>) bob@example.com",
    ],
)
def test_attack_a_second_author_that_other_programs_may_see(store: Store, users: dict[str, int], author: str) -> None:
    raw = f"From: {author}\r\nSubject: x\r\n\r\nHello\r\n".encode()
    with store.write() as tx, pytest.raises(NotYourAddress):
        send(tx, store, users, "bob@example.com", raw=raw)


@pytest.mark.parametrize(
    "author",
    [
        "ann@example.com",
        "<ann@example.com>",
        "Ann <ann@example.com>",
        '"bob@example.com <x>" <ann@example.com>',
        "ann@example.com <ann@example.com>",
        "ann@example.com (Ann <at> home)",
        "Ann <ann@example.com>, Ann again <ann+x@example.com>",
        "<@relay.example:ann@example.com>",
    ],
)
def test_an_author_who_is_written_clearly(store: Store, users: dict[str, int], author: str) -> None:
    raw = f"From: {author}\r\nSubject: x\r\n\r\nHello\r\n".encode()
    with store.write() as tx:
        send(tx, store, users, "bob@example.com", raw=raw)
