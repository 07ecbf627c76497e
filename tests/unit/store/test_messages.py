"""Messages go in, are counted, and come out byte for byte."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailnode.errors import NoSuchMailbox, NoSuchMessage, OverQuota
from mailnode.store import changes, entries, mailboxes, messages, query, quota, search
from mailnode.store.changes import What
from mailnode.store.flags import SEEN, Flags
from mailnode.store.incoming import incoming, staged
from mailnode.store.models import Blob
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail


def test_a_message_is_read_back_byte_for_byte(store: Store, user_id: int) -> None:
    raw = mail(text="今天天气很好\r\n.\r\n")
    with store.write() as tx:
        at = messages.append(tx, user_id, "INBOX", raw, prefix=b"Return-Path: <a@example.com>\r\n")
    with store.read() as tx:
        assert messages.read(tx, user_id, at.mailbox_id, at.uid) == b"Return-Path: <a@example.com>\r\n" + raw


def test_uids_grow_and_the_counters_keep_up(store: Store, user_id: int) -> None:
    assert fill(store, user_id, 3) == [1, 2, 3]
    with store.read() as tx:
        inbox = mailboxes.by_name(tx, user_id, "inbox")
        assert (inbox.messages, inbox.unseen, inbox.uid_next) == (3, 3, 4)
        assert entries.counted(tx, user_id, inbox.id) == (inbox.messages, inbox.unseen, inbox.size)
        assert quota.usage(tx, user_id).size == inbox.size


def test_one_body_for_all_recipients(store: Store, user_id: int) -> None:
    other, message = add_user(store, "two"), incoming(mail())
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", message, prefix=b"Delivered-To: one\r\n")
        messages.append(tx, other, "INBOX", message, prefix=b"Delivered-To: two\r\n")
        assert tx.scalar(select(func.count()).select_from(Blob)) == 1


@pytest.mark.parametrize("text", ["Hello", "<p>Hello"])
def test_one_that_was_only_to_pass_through_is_kept_like_any_other(store: Store, user_id: int, text: str) -> None:
    raw = mail(text=text).replace(b"text/plain", b"text/html" if "<" in text else b"text/plain")
    wanted = tuple(name for name in messages.COLUMNS if name not in ("uid", "modseq", "message", "saved_at"))
    with store.write() as tx:
        ids = [
            messages.append(tx, user_id, "INBOX", incoming(raw, passing=passing), internal_date=1)
            for passing in (True, False)
        ]
        rows = [messages.one(tx, user_id, at.mailbox_id, at.uid, wanted) for at in ids]
        assert rows[0] == rows[1]
        assert search.find(tx, user_id, ids[0].mailbox_id, query.BodyText("hello")) == [1, 2]


def test_each_recipient_sees_its_own_trace_fields(store: Store, user_id: int) -> None:
    message = incoming(mail())
    with store.write() as tx:
        at = messages.append(tx, user_id, "INBOX", message, prefix=b"Delivered-To: one@example.com\r\n")
        row = messages.one(tx, user_id, at.mailbox_id, at.uid, ("head", "size", "header_size"))
        assert row.head.startswith(b"Delivered-To: one@example.com\r\n")
        assert row.size == len(message.raw) + 31
        assert row.header_size == message.digest.header_size + 31


def test_a_seen_message_is_not_unseen(store: Store, user_id: int) -> None:
    fill(store, user_id, 2, flags=Flags(SEEN))
    with store.read() as tx:
        assert mailboxes.by_name(tx, user_id, "INBOX").unseen == 0


def test_over_quota_stores_nothing(store: Store) -> None:
    poor = add_user(store, "poor", quota_bytes=400)
    with store.write() as tx:
        messages.append(tx, poor, "INBOX", mail())
    with pytest.raises(OverQuota), store.write() as tx:
        messages.append(tx, poor, "INBOX", mail(2))
    with store.read() as tx:
        assert mailboxes.by_name(tx, poor, "INBOX").messages == 1
        assert quota.usage(tx, poor).messages == 1


def test_no_such_mailbox_is_said(store: Store, user_id: int) -> None:
    with pytest.raises(NoSuchMailbox), store.write() as tx:
        messages.append(tx, user_id, "Nowhere", mail())


def test_another_users_message_is_no_message(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    other = add_user(store, "two")
    with store.read() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX")
        with pytest.raises(NoSuchMessage):
            messages.read(tx, other, inbox.id, 1)
        with pytest.raises(NoSuchMailbox):
            mailboxes.by_id(tx, other, inbox.id)


def test_the_journal_tells_of_each_message(store: Store, user_id: int) -> None:
    with store.read() as tx:
        before = changes.latest(tx, user_id)
    fill(store, user_id, 2)
    with store.read() as tx:
        told = changes.since(tx, user_id, before)
        assert [(change.uid, change.what) for change in told] == [(1, What.APPENDED), (2, What.APPENDED)]
        assert told[-1].modseq == changes.latest(tx, user_id)


def test_rows_come_in_order_of_uid_with_the_columns_asked_for(store: Store, user_id: int) -> None:
    fill(store, user_id, 5)
    with store.read() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX")
        found = [tuple(row) for row in messages.rows(tx, user_id, inbox.id, [(2, 3), (5, 9)], ("uid", "subject"))]
    assert found == [(2, "Message 2"), (3, "Message 3"), (5, "Message 5")]


def test_a_body_that_the_queue_knew_first_is_found_by_its_text(store: Store, user_id: int) -> None:
    message = incoming(mail(text="needle"))
    with store.write() as tx:
        messages.kept(tx, message)
        at = messages.append(tx, user_id, "INBOX", message)
        assert search.find(tx, user_id, at.mailbox_id, query.BodyText("needle")) == [at.uid]


def test_a_body_staged_before_the_lock_is_the_one_that_is_read(store: Store, user_id: int) -> None:
    message = incoming(mail(text="staged"))
    staged(store.engine, message)()()
    with store.write() as tx:
        at = messages.append(tx, user_id, "INBOX", message)
    with store.read() as tx:
        assert messages.read(tx, user_id, at.mailbox_id, at.uid) == message.raw
        assert tx.scalars(select(Blob.offset)).one() == message.place.offset  # type: ignore[union-attr]
