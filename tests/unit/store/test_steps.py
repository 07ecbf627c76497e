"""Long changes in steps: the whole mailbox, nothing twice, and others in between."""

from __future__ import annotations

import pytest

from mailnode.errors import FixedMailbox
from mailnode.store import changes, entries, mailboxes, messages, steps
from tests.support.store import Store
from tests.unit.store.mail import fill, mail


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STEP", 3)


def test_a_mailbox_is_covered_piece_by_piece(store: Store, user_id: int) -> None:
    fill(store, user_id, 8)
    with store.read() as tx:
        pieces = steps.of_mailbox(tx, user_id, mailboxes.by_name(tx, user_id, "INBOX").id)
    assert pieces == [[(1, 3)], [(4, 6)], [(7, 2**32 - 1)]]


def test_a_large_mailbox_is_emptied_before_it_is_removed(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work")
    fill(store, user_id, 8, "Work")
    rounds = 0
    while True:
        with store.write() as tx:
            if not steps.lessen(tx, user_id, "Work"):
                break
            rounds += 1
            messages.append(tx, user_id, "INBOX", mail(rounds))  # somebody else is served in between
    assert rounds == 2
    with store.write() as tx:
        entries.remove_mailbox(tx, user_id, "Work")
        assert mailboxes.by_name(tx, user_id, "INBOX").messages == 2


def test_nothing_goes_from_what_cannot_be_removed(store: Store, user_id: int) -> None:
    fill(store, user_id, 8)
    with store.write() as tx:
        modseq = changes.latest(tx, user_id)
        with pytest.raises(FixedMailbox):
            steps.lessen(tx, user_id, "INBOX")
        assert changes.latest(tx, user_id) == modseq
