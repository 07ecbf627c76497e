"""Flags, copy, move and expunge: each one modseq, each counted, each in the journal."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mailnode.errors import FixedMailbox, NoSuchMailbox, TooManyMessages
from mailnode.store import changes, entries, mailboxes, messages, quota, ranges
from mailnode.store.changes import What
from mailnode.store.entries import FlagMode
from mailnode.store.flags import DELETED, FLAGGED, SEEN, Flags
from mailnode.store.models import Message
from tests.support.examples import examples
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill


def inbox_of(store: Store, user_id: int) -> mailboxes.MailboxRow:
    with store.read() as tx:
        return mailboxes.by_name(tx, user_id, "INBOX")


def flags_in(store: Store, user_id: int, mailbox_id: int) -> dict[int, tuple[int, str]]:
    with store.read() as tx:
        rows = messages.rows(tx, user_id, mailbox_id, ranges.EVERYTHING, ("uid", "flags", "keywords"))
        return {row.uid: (row.flags, row.keywords) for row in rows}


def test_flags_are_added_removed_and_replaced(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    box = inbox_of(store, user_id).id
    with store.write() as tx:
        entries.set_flags(tx, user_id, box, [(1, 3)], FlagMode.ADD, Flags(SEEN | FLAGGED, "work"))
        entries.set_flags(tx, user_id, box, [(2, 2)], FlagMode.REMOVE, Flags(SEEN, "WORK"))
        entries.set_flags(tx, user_id, box, [(3, 3)], FlagMode.REPLACE, Flags(DELETED, ""))
    assert flags_in(store, user_id, box) == {1: (SEEN | FLAGGED, "work"), 2: (FLAGGED, ""), 3: (DELETED, "")}
    assert inbox_of(store, user_id).unseen == 2


def test_what_does_not_change_costs_no_modseq(store: Store, user_id: int) -> None:
    fill(store, user_id, 2, flags=Flags(SEEN))
    box = inbox_of(store, user_id)
    with store.write() as tx:
        done = entries.set_flags(tx, user_id, box.id, ranges.EVERYTHING, FlagMode.ADD, Flags(SEEN))
    assert (done.modseq, done.changed) == (0, [])
    assert inbox_of(store, user_id).highest_modseq == box.highest_modseq


def test_unchanged_since_refuses_what_changed_meanwhile(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    box = inbox_of(store, user_id)
    with store.write() as tx:
        entries.set_flags(tx, user_id, box.id, [(1, 1)], FlagMode.ADD, Flags(SEEN))
        done = entries.set_flags(
            tx, user_id, box.id, [(1, 2)], FlagMode.ADD, Flags(FLAGGED), unchanged_since=box.highest_modseq
        )
    assert (done.changed, done.refused) == ([(2, 2)], [(1, 1)])


def test_the_journal_keeps_the_old_flags(store: Store, user_id: int) -> None:
    fill(store, user_id, 1, flags=Flags(FLAGGED, "old"))
    box = inbox_of(store, user_id)
    with store.write() as tx:
        entries.set_flags(tx, user_id, box.id, [(1, 1)], FlagMode.REPLACE, Flags(SEEN))
        told = changes.since(tx, user_id, box.highest_modseq)
    assert [(change.what, change.old) for change in told] == [(What.FLAGS, f"{FLAGGED} old")]


def test_copies_share_the_message_and_keep_flags(store: Store, user_id: int) -> None:
    fill(store, user_id, 3, flags=Flags(FLAGGED, "k"))
    box = inbox_of(store, user_id)
    with store.write() as tx:
        archive = mailboxes.by_name(tx, user_id, "Archive")
        done = entries.copy(tx, user_id, box.id, [(2, 3)], archive.id)
        assert (done.old, done.new, done.uid_validity) == ([2, 3], [1, 2], archive.uid_validity)
        assert tx.scalar(select(func.count()).select_from(Message)) == 3
    assert flags_in(store, user_id, archive.id) == {1: (FLAGGED, "k"), 2: (FLAGGED, "k")}
    with store.read() as tx:
        assert quota.usage(tx, user_id).messages == 5


def test_a_message_stays_while_any_copy_of_it_does(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    box = inbox_of(store, user_id).id
    with store.write() as tx:
        entries.copy(tx, user_id, box, [(1, 1)], box)
        entries.copy(tx, user_id, box, [(1, 2)], box)
        assert entries.expunge(tx, user_id, box, [(1, 3)], only_deleted=False) == [1, 2, 3]
        assert messages.read(tx, user_id, box, 4).endswith(b"Hello\r\n")
        assert tx.scalar(select(func.count()).where(Message.gone.is_not(None))) == 0
        entries.expunge(tx, user_id, box, only_deleted=False)
        assert tx.scalar(select(func.count()).where(Message.gone.is_not(None))) == 1
    assert inbox_of(store, user_id).messages == 0


def test_a_move_leaves_every_message_in_one_place(store: Store, user_id: int) -> None:
    fill(store, user_id, 4)
    box = inbox_of(store, user_id)
    with store.write() as tx:
        trash = mailboxes.by_name(tx, user_id, "Trash")
        entries.move(tx, user_id, box.id, [(1, 1), (3, 3)], trash.id)
    assert sorted(flags_in(store, user_id, box.id)) == [2, 4]
    assert sorted(flags_in(store, user_id, trash.id)) == [1, 2]
    with store.read() as tx:
        assert quota.usage(tx, user_id).messages == 4
        assert changes.expunged_since(tx, user_id, box.id, box.highest_modseq) == [1, 3]


def test_expunge_takes_only_the_deleted_ones(store: Store, user_id: int) -> None:
    fill(store, user_id, 4)
    box = inbox_of(store, user_id).id
    with store.write() as tx:
        entries.set_flags(tx, user_id, box, [(2, 3)], FlagMode.ADD, Flags(DELETED))
        assert entries.expunge(tx, user_id, box, [(3, 9)]) == [3]
        assert entries.expunge(tx, user_id, box) == [2]


def test_a_removed_name_comes_back_with_another_validity(store: Store, user_id: int) -> None:
    with store.write() as tx:
        first = mailboxes.create(tx, user_id, "Work/2026")
        entries.remove_mailbox(tx, user_id, "Work/2026")
        second = mailboxes.create(tx, user_id, "Work/2026")
    assert second.uid_validity > first.uid_validity
    assert second.id != first.id


def test_a_mailbox_with_children_keeps_its_name(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/b")
        entries.remove_mailbox(tx, user_id, "a")
        assert not mailboxes.by_name(tx, user_id, "a").selectable
        with pytest.raises(FixedMailbox):
            entries.remove_mailbox(tx, user_id, "a")


def test_inbox_is_renamed_by_moving_its_messages(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    with store.write() as tx:
        entries.rename_inbox(tx, user_id, "Old")
        assert mailboxes.by_name(tx, user_id, "Old").messages == 2
        assert mailboxes.by_name(tx, user_id, "INBOX").messages == 0
        with pytest.raises(FixedMailbox):
            entries.remove_mailbox(tx, user_id, "INBOX")


def test_rename_takes_the_children_along(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/b/c")
        mailboxes.rename(tx, user_id, "a", "x/y")
        names = {row.name for row in mailboxes.tree(tx, user_id)}
        assert {"x", "x/y", "x/y/b", "x/y/b/c"} <= names
        with pytest.raises(NoSuchMailbox):
            mailboxes.by_name(tx, user_id, "a/b")


NUMBERS = itertools.count(1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["flag", "unflag", "copy", "move", "expunge"]), st.sets(st.integers(1, 12), max_size=6)),
    max_size=6,
)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_counters_equal_a_count_after_any_steps(sqlite_store: Store, steps: list[tuple[str, set[int]]]) -> None:
    user_id = add_user(sqlite_store, f"u{next(NUMBERS)}")
    fill(sqlite_store, user_id, 6)
    with sqlite_store.write() as tx:
        boxes = [mailboxes.by_name(tx, user_id, name).id for name in ("INBOX", "Archive")]
        for number, (step, uids) in enumerate(steps):
            here, there = boxes[number % 2], boxes[(number + 1) % 2]
            apply(tx, user_id, (here, there), step, ranges.of(uids))
        rows = [mailboxes.by_id(tx, user_id, box) for box in boxes]
        for row in rows:
            assert entries.counted(tx, user_id, row.id) == (row.messages, row.unseen, row.size)
        used = quota.usage(tx, user_id)
        assert (used.messages, used.size) == (sum(row.messages for row in rows), sum(row.size for row in rows))


def apply(tx, user_id: int, boxes: tuple[int, int], step: str, uids: list[tuple[int, int]]) -> None:  # type: ignore[no-untyped-def]
    here, there = boxes
    match step:
        case "flag":
            entries.set_flags(tx, user_id, here, uids, FlagMode.ADD, Flags(SEEN | DELETED, "a"))
        case "unflag":
            entries.set_flags(tx, user_id, here, uids, FlagMode.REMOVE, Flags(SEEN, "a"))
        case "copy":
            entries.copy(tx, user_id, here, uids, there)
        case "move":
            entries.move(tx, user_id, here, uids, there)
        case "expunge":
            entries.expunge(tx, user_id, here, uids)


def test_attack_no_copy_keeps_everybody_else_waiting(
    store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copying a mailbox into itself doubles it: without a limit the twentieth time takes minutes of the write lock."""
    monkeypatch.setattr(entries, "AT_ONCE", 4)
    fill(store, user_id, 4)
    box = inbox_of(store, user_id).id
    with store.write() as tx:
        entries.copy(tx, user_id, box, ranges.EVERYTHING, box)
        for work in (entries.copy, entries.move):
            with pytest.raises(TooManyMessages):
                work(tx, user_id, box, ranges.EVERYTHING, box)
        assert len(entries.copy(tx, user_id, box, [(1, 4)], box).new) == 4
