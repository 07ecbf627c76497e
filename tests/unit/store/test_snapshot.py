"""What is read of a whole mailbox when it is opened."""

from __future__ import annotations

from mailnode.store import entries, mailboxes, ranges, snapshot
from mailnode.store.entries import FlagMode
from mailnode.store.flags import flags
from tests.support.store import Store
from tests.unit.store.mail import fill


def test_the_first_unseen_message(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    with store.write() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        assert snapshot.first_unseen(tx, user_id, inbox) == 1
        entries.set_flags(tx, user_id, inbox, [(1, 2)], FlagMode.ADD, flags("\\Seen"))
        assert snapshot.first_unseen(tx, user_id, inbox) == 3
        entries.set_flags(tx, user_id, inbox, ranges.EVERYTHING, FlagMode.ADD, flags("\\Seen"))
        assert snapshot.first_unseen(tx, user_id, inbox) is None


def test_the_keywords_in_use(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    with store.write() as tx:
        inbox = mailboxes.by_name(tx, user_id, "INBOX").id
        assert snapshot.keywords(tx, user_id, inbox) == frozenset()
        entries.set_flags(tx, user_id, inbox, [(2, 3)], FlagMode.ADD, flags("$Work", "home"))
        entries.set_flags(tx, user_id, inbox, [(3, 3)], FlagMode.REMOVE, flags("home"))
        assert snapshot.keywords(tx, user_id, inbox) == {"$Work", "home"}
