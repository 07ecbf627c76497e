"""A draft on its way: sent once, whoever presses the button how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from mailnode.directory import edit
from mailnode.errors import ChangedMeanwhile, NoSuchDraft
from mailnode.queue.models import QueueMessage
from mailnode.store import mailboxes
from mailnode.submission import drafts, sending
from mailnode.submission.drafts import Content, Person
from tests.support.store import Store
from tests.support.together import Meet, at_once

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LETTER = Content(to=(Person("", "far@remote.example"),), subject="x", text="Hello")


@pytest.fixture
def ann(store: Store) -> int:
    with store.write() as tx:
        edit.create_domain(tx, "example.com")
        made = edit.create_user(tx, "ann@example.com", password_hash="x").id
        mailboxes.create_defaults(tx, made)
        return made


def send(store: Store, ann: int, draft: int, send_at: datetime | None, ready: Callable[[], object]) -> None:
    with store.read() as tx:
        prepared = sending.prepare(tx, store.settings, ann, draft, unique="a", now=NOW)
    ready()
    with store.write() as tx:
        sending.send(tx, draft, prepared, now=NOW, send_at=send_at)


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(seconds=10)])
def test_two_presses_at_once_send_it_once(store: Store, ann: int, delay: timedelta) -> None:
    with store.write() as tx:
        written = [drafts.create(tx, ann, LETTER, NOW).id for _ in range(5)]
    refused = []

    def press(meet: Meet) -> None:
        for one in written:
            try:
                send(store, ann, one, NOW + delay if delay else None, meet)
            except NoSuchDraft:
                refused.append(one)

    at_once(press, press)
    with store.read() as tx:
        assert tx.scalar(select(func.count(QueueMessage.id))) == len(written)
    assert refused == written


@pytest.mark.parametrize("send_at", [None, NOW + timedelta(seconds=10)])
def test_what_is_saved_while_it_is_sent_is_refused(store: Store, ann: int, send_at: datetime | None) -> None:
    with store.write() as tx:
        draft = drafts.create(tx, ann, LETTER, NOW).id
    ended = []

    def save(meet: Meet) -> None:
        meet()
        try:
            with store.write() as tx:
                drafts.save(tx, ann, draft, LETTER, NOW, version=None)
            ended.append("saved")
        except NoSuchDraft:
            ended.append("no draft")

    def press(meet: Meet) -> None:
        try:
            send(store, ann, draft, send_at, meet)
            ended.append("sent")
        except ChangedMeanwhile:
            ended.append("changed")

    at_once(save, press)
    assert sorted(ended) in (["no draft", "sent"], ["changed", "saved"])
