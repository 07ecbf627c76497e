"""A message appended by one statement leaves the same rows as one appended step by step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Table, select

from mailnode.database import Base
from mailnode.errors import NoSuchMailbox, OverQuota
from mailnode.store import mailboxes, messages, quota
from mailnode.store.flags import SEEN, Flags
from mailnode.store.models import Entry, Journal, Mailbox, Message, UserCounter
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail

TIMES = ("created_at", "saved_at", "at", "kept_since", "uid_validity")
HTML = b"Content-Type: text/html\r\nSubject: h\r\n\r\n<p>one<p>two\r\n"
MAIL: tuple[tuple[bytes, dict[str, Any]], ...] = (
    (mail(text="one"), {}),
    (
        mail(text="seen"),
        {"flags": Flags(SEEN, "$Work"), "internal_date": int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())},
    ),
    (mail(text="prefix 今天"), {"prefix": b"Return-Path: <a@example.com>\r\n"}),
    (HTML, {}),
    (HTML, {}),
)


def rows(store: Store, table: Table, user_id: int) -> list[dict[str, Any]]:
    with store.read() as tx:
        found = tx.execute(select(table).where(table.c.user_id == user_id).order_by(*table.primary_key)).mappings()
        own = ("id", "user_id", "mailbox_id", "blob_id", *TIMES)
        return [{name: value for name, value in row.items() if name not in own} for row in found]


def test_both_ways_leave_the_same_rows(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = add_user(sqlite_store, "one"), add_user(sqlite_store, "two")
    for user_id, at_once in ((one, True), (two, False)):
        with monkeypatch.context() as patched, sqlite_store.write() as tx:
            patched.setattr(messages, "is_sqlite", lambda _tx, way=at_once: way)
            for raw, filing in MAIL:
                messages.append(tx, user_id, "INBOX", raw, **filing)
    for model in (UserCounter, Mailbox, Message, Entry, Journal):
        table = Base.metadata.tables[model.__tablename__]
        left, right = rows(sqlite_store, table, one), rows(sqlite_store, table, two)
        for row in [*left, *right]:
            row.pop("message_id" if model is Entry else "", None)
        assert left == right
        assert left


def test_what_is_answered_is_what_was_kept(store: Store, user_id: int) -> None:
    with store.write() as tx:
        done = [messages.append(tx, user_id, "INBOX", mail(text=text)) for text in ("a", "b")]
        entry = tx.scalars(select(Entry).where(Entry.user_id == user_id, Entry.uid == done[1].uid)).one()
        inbox = mailboxes.by_name(tx, user_id, "INBOX")
    assert [one.uid for one in done] == [1, 2]
    assert (entry.mailbox_id, entry.modseq, entry.message_id) == (
        done[1].mailbox_id,
        done[1].modseq,
        done[1].message_id,
    )
    assert (inbox.id, inbox.uid_validity) == (done[1].mailbox_id, done[1].uid_validity)


def test_a_mailbox_given_by_its_id_is_its_owners(store: Store, user_id: int) -> None:
    other = add_user(store, "other")
    with store.write() as tx:
        mine = messages.append(tx, user_id, "INBOX", mail()).mailbox_id
        with pytest.raises(NoSuchMailbox):
            messages.append(tx, other, mine, mail())
        assert messages.append(tx, user_id, mine, mail()).uid == 2


def test_who_goes_on_without_room_finds_nothing_changed(store: Store) -> None:
    poor = add_user(store, "poor", quota_bytes=len(mail()))
    with store.write() as tx:
        messages.append(tx, poor, "INBOX", mail())
        before = quota.usage(tx, poor)
        with pytest.raises(OverQuota):
            messages.append(tx, poor, "INBOX", mail(text="more"))
        assert quota.usage(tx, poor) == before
        assert mailboxes.by_name(tx, poor, "INBOX").messages == 1
