"""When a message came into its mailbox (RFC 8514): noted by append, copy and move, and missing in old rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from mailnode.store import entries, mailboxes, messages, query, ranges, search
from mailnode.store.models import Entry
from tests.support.store import Store

OLD = 1_000_000_000


def saved_at(tx: Session, user_id: int, mailbox_id: int) -> list[int | None]:
    return [row[0] for row in messages.rows(tx, user_id, mailbox_id, ranges.EVERYTHING, ("saved_at",))]


@pytest.mark.parametrize("work", [entries.copy, entries.move])
def test_what_is_copied_is_saved_anew(
    store: Store, user_id: int, work: Callable[[Session, int, int, Sequence[ranges.Range], int], object]
) -> None:
    with store.write() as tx:
        done = messages.append(tx, user_id, "INBOX", b"abc", internal_date=OLD)
        tx.execute(update(Entry).values(saved_at=OLD))
        target = mailboxes.create(tx, user_id, "Elsewhere")
        work(tx, user_id, done.mailbox_id, ranges.EVERYTHING, target.id)
        found = saved_at(tx, user_id, target.id)[0]
    assert found is not None
    assert abs(found - time.time()) < 60


def test_rows_from_before_have_none_and_are_found_by_their_internal_date(store: Store, user_id: int) -> None:
    with store.write() as tx:
        done = messages.append(tx, user_id, "INBOX", b"abc", internal_date=OLD)
        tx.execute(update(Entry).values(saved_at=None))
        assert saved_at(tx, user_id, done.mailbox_id) == [None]
        assert search.find(tx, user_id, done.mailbox_id, query.Saved(OLD, OLD + 1)) == [done.uid]
        beside_text = query.And((query.Saved(None, OLD), query.AnyText("abc")))
        assert search.find(tx, user_id, done.mailbox_id, beside_text) == []
