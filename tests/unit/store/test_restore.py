"""Mail is put back as it was, without taking away what came since."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailnode.errors import NoSuchMailbox, NotKept, OverQuota, TooManyMessages
from mailnode.store import access, changes, entries, mailboxes, messages, permitted, quota, ranges, restore, retention
from mailnode.store.entries import FlagMode
from mailnode.store.flags import DELETED, FLAGGED, SEEN, Flags
from mailnode.store.models import Message
from mailnode.store.rewind import Aim
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail
from tests.unit.store.past import BEFORE, make_past, put_back, seen


def box(store: Store, user_id: int, name: str = "INBOX") -> int:
    with store.read() as tx:
        return mailboxes.by_name(tx, user_id, name).id


def test_a_client_that_deleted_everything_is_undone(store: Store, user_id: int) -> None:
    fill(store, user_id, 3, flags=Flags(FLAGGED, "work"))
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work/2026", "\\Important")
    fill(store, user_id, 2, "Work/2026")
    make_past(store)
    before = seen(store, user_id)
    with store.write() as tx:
        for row in reversed(mailboxes.tree(tx, user_id)):
            entries.set_flags(tx, user_id, row.id, ranges.EVERYTHING, FlagMode.ADD, Flags(DELETED | SEEN))
            entries.expunge(tx, user_id, row.id)
            if row.name != "INBOX":
                entries.remove_mailbox(tx, user_id, row.name)
    done = put_back(store, user_id)
    assert (done.returned, done.lost) == (5, 0)
    assert seen(store, user_id) == before
    with store.read() as tx:
        assert mailboxes.by_name(tx, user_id, "Work/2026").special_use == "\\Important"
        assert quota.usage(tx, user_id).messages == 5
        assert (retention.held(tx, user_id).messages, retention.held(tx, user_id).size) == (0, 0)
        assert "Work/2026" in mailboxes.subscriptions(tx, user_id)


def test_doing_it_twice_changes_nothing_more(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), [(1, 2)], only_deleted=False)
    assert put_back(store, user_id).returned == 2
    again = put_back(store, user_id)
    assert (again.messages, again.tree) == (0, [])
    assert len(seen(store, user_id)["INBOX"]) == 3


def test_what_returns_has_a_new_uid_and_is_the_same_message(store: Store, user_id: int) -> None:
    """RFC 9051 §2.3.1.1: no uid comes twice. RFC 8474: the message keeps its id."""
    fill(store, user_id, 2)
    make_past(store)
    with store.write() as tx:
        here = mailboxes.by_name(tx, user_id, "INBOX")
        old = messages.one(tx, user_id, here.id, 1, ("message", "internal_date"))
        entries.expunge(tx, user_id, here.id, [(1, 1)], only_deleted=False)
    put_back(store, user_id)
    with store.read() as tx:
        assert mailboxes.by_id(tx, user_id, here.id).uid_validity == here.uid_validity
        new = messages.one(tx, user_id, here.id, 3, ("message", "internal_date"))
        assert tuple(new) == tuple(old)
        assert messages.read(tx, user_id, here.id, 3) == mail(1)


def test_what_came_since_stays(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    make_past(store)
    with store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail(7))
        mailboxes.create(tx, user_id, "New")
        entries.expunge(tx, user_id, box(store, user_id), [(1, 1)], only_deleted=False)
    put_back(store, user_id)
    found = seen(store, user_id)
    assert [one[0] for one in found["INBOX"]] == ["Message 1", "Message 7"]
    assert "New" in found


def test_what_was_moved_is_moved_back(store: Store, user_id: int) -> None:
    fill(store, user_id, 2, flags=Flags(SEEN))
    make_past(store)
    with store.write() as tx:
        trash = mailboxes.by_name(tx, user_id, "Trash").id
        entries.move(tx, user_id, box(store, user_id), ranges.EVERYTHING, trash)
        entries.set_flags(tx, user_id, trash, [(1, 1)], FlagMode.REPLACE, Flags(DELETED))
        entries.expunge(tx, user_id, trash, [(2, 2)], only_deleted=False)
    done = put_back(store, user_id)
    assert (done.moved, done.returned) == (1, 1)
    found = seen(store, user_id)
    assert found["INBOX"] == [("Message 1", SEEN, ""), ("Message 2", SEEN, "")]
    assert found["Trash"] == []


def test_a_copy_that_was_there_then_is_not_taken(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    with store.write() as tx:
        archive = mailboxes.by_name(tx, user_id, "Archive").id
        entries.copy(tx, user_id, box(store, user_id), [(1, 1)], archive)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), [(1, 1)], only_deleted=False)
    assert put_back(store, user_id).returned == 1
    found = seen(store, user_id)
    assert (len(found["INBOX"]), len(found["Archive"])) == (1, 1)


def test_flags_are_put_back(store: Store, user_id: int) -> None:
    fill(store, user_id, 2, flags=Flags(SEEN, "a b"))
    make_past(store)
    with store.write() as tx:
        here = box(store, user_id)
        entries.set_flags(tx, user_id, here, [(1, 2)], FlagMode.REPLACE, Flags(DELETED))
        entries.set_flags(tx, user_id, here, [(1, 1)], FlagMode.REPLACE, Flags(FLAGGED, "c"))
        entries.set_flags(tx, user_id, here, [(2, 2)], FlagMode.REPLACE, Flags(SEEN, "a b"))
    assert put_back(store, user_id).flagged == 1
    assert {one[1:] for one in seen(store, user_id)["INBOX"]} == {(SEEN, "a b")}


def test_a_renamed_mailbox_has_its_name_again_and_so_have_those_below(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/b/c")
    make_past(store)
    before = set(seen(store, user_id))
    with store.write() as tx:
        mailboxes.rename(tx, user_id, "a/b", "x")
        mailboxes.rename(tx, user_id, "x/c", "z")
    put_back(store, user_id)
    assert set(seen(store, user_id)) == before


def test_a_renamed_inbox_has_its_messages_again(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    make_past(store)
    with store.write() as tx:
        entries.rename_inbox(tx, user_id, "Old")
    assert put_back(store, user_id).moved == 2
    assert len(seen(store, user_id)["INBOX"]) == 2


def test_messages_of_a_removed_mailbox_go_where_its_name_is_now(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work")
    fill(store, user_id, 2, "Work")
    make_past(store)
    with store.write() as tx:
        entries.remove_mailbox(tx, user_id, "Work")
        mailboxes.create(tx, user_id, "Work")
        messages.append(tx, user_id, "Work", mail(9))
    done = put_back(store, user_id)
    assert [one.kind for one in done.tree] == ["join"]
    assert len(seen(store, user_id)["Work"]) == 3


def test_a_name_that_another_mailbox_has_taken_is_given_back_first(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Aims")
        mailboxes.create(tx, user_id, "Work")
    fill(store, user_id, 2, "Aims")
    fill(store, user_id, 1, "Work")
    make_past(store)
    before = seen(store, user_id)
    with store.write() as tx:
        entries.remove_mailbox(tx, user_id, "Aims")
        mailboxes.rename(tx, user_id, "Work", "Aims")
    put_back(store, user_id)
    assert seen(store, user_id) == before


def test_a_bare_name_becomes_the_mailbox_again(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work")
    fill(store, user_id, 1, "Work")
    make_past(store)
    with store.write() as tx:
        entries.remove_mailbox(tx, user_id, "Work")
        mailboxes.create(tx, user_id, "Work/Later")
        entries.remove_mailbox(tx, user_id, "Work")
    put_back(store, user_id)
    assert len(seen(store, user_id)["Work"]) == 1


def test_a_removed_mailbox_above_others_comes_back(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "a/b")
    fill(store, user_id, 2, "a")
    make_past(store)
    before = seen(store, user_id)
    with store.write() as tx:
        validity = mailboxes.by_name(tx, user_id, "a").uid_validity
        entries.remove_mailbox(tx, user_id, "a")
    put_back(store, user_id)
    assert seen(store, user_id) == before
    with store.read() as tx:
        row = mailboxes.by_name(tx, user_id, "a")
        assert row.uid_validity > validity
        assert row.uid_next == 5


def test_one_mailbox_alone(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    fill(store, user_id, 1, "Archive")
    make_past(store)
    with store.write() as tx:
        for name in ("INBOX", "Archive"):
            entries.expunge(tx, user_id, mailboxes.by_name(tx, user_id, name).id, only_deleted=False)
    put_back(store, user_id, Aim(BEFORE, mailbox="inbox"))
    found = seen(store, user_id)
    assert (len(found["INBOX"]), len(found["Archive"])) == (1, 0)


def test_a_mailbox_is_known_by_the_name_that_it_had(store: Store, user_id: int) -> None:
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work")
    fill(store, user_id, 1, "Work")
    make_past(store)
    with store.write() as tx:
        mailboxes.rename(tx, user_id, "Work", "Elsewhere")
        entries.expunge(tx, user_id, mailboxes.by_name(tx, user_id, "Elsewhere").id, only_deleted=False)
        mailboxes.create(tx, user_id, "Later")
    put_back(store, user_id, Aim(BEFORE, mailbox="Work"))
    assert len(seen(store, user_id)["Work"]) == 1
    with store.read() as tx, pytest.raises(NoSuchMailbox):
        restore.look(tx, user_id, Aim(BEFORE, mailbox="Later"))


def test_single_messages(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    make_past(store)
    here = box(store, user_id)
    with store.write() as tx:
        entries.expunge(tx, user_id, here, only_deleted=False)
    done = put_back(store, user_id, Aim(BEFORE, messages=frozenset({(here, 2)})))
    assert done.returned == 1
    assert [one[0] for one in seen(store, user_id)["INBOX"]] == ["Message 2"]


def test_a_look_tells_and_changes_nothing(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), [(2, 2)], only_deleted=False)
        entries.remove_mailbox(tx, user_id, "Archive")
    told: list[tuple[str, str, str]] = []
    with store.read() as tx:
        modseq = changes.latest(tx, user_id)
        done = restore.look(tx, user_id, Aim(BEFORE), lambda step, name: told.append((step.kind, name, step.subject)))
        assert changes.latest(tx, user_id) == modseq
    assert told == [("return", "INBOX", "Message 2")]
    assert [(one.kind, one.name) for one in done.tree] == [("make", "Archive")]
    assert (done.returned, done.size) == (1, len(mail(2)))


def test_what_is_kept_no_more_is_said_to_be_lost(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), only_deleted=False)
        tx.query(Message).filter(Message.subject == "Message 1").delete()
    done = put_back(store, user_id)
    assert (done.returned, done.lost) == (1, 1)


def test_a_time_that_is_no_longer_kept_is_refused(store: Store, user_id: int) -> None:
    with store.read() as tx, pytest.raises(NotKept):
        restore.look(tx, user_id, Aim(BEFORE))


def test_a_full_mailbox_refuses_before_anything_is_done(store: Store) -> None:
    user_id = add_user(store, "full", quota_bytes=len(mail(1)) + 10)
    fill(store, user_id, 1)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), only_deleted=False)
        messages.append(tx, user_id, "INBOX", mail(2))
        entries.remove_mailbox(tx, user_id, "Archive")
    with pytest.raises(OverQuota):
        put_back(store, user_id)
    assert "Archive" not in seen(store, user_id)


def test_attack_no_request_restores_more_than_it_may(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), only_deleted=False)
    with pytest.raises(TooManyMessages):
        put_back(store, user_id, most=2)
    assert seen(store, user_id)["INBOX"] == []


def test_many_messages_take_many_transactions(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "BATCH", 3)
    fill(store, user_id, 10)
    make_past(store)
    with store.write() as tx:
        entries.expunge(tx, user_id, box(store, user_id), only_deleted=False)
        modseq = changes.latest(tx, user_id)
    assert put_back(store, user_id).returned == 10
    with store.read() as tx:
        assert changes.latest(tx, user_id) == modseq + 4
        assert tx.scalar(select(func.count()).where(Message.gone.is_not(None))) == 0


def test_nobody_else_s_mail_is_touched(store: Store, user_id: int) -> None:
    other = add_user(store, "other")
    fill(store, other, 1)
    make_past(store)
    theirs = box(store, other)
    with store.write() as tx:
        entries.expunge(tx, other, theirs, only_deleted=False)
    done = put_back(store, user_id, Aim(BEFORE, messages=frozenset({(theirs, 1)})))
    assert (done.messages, done.lost) == (0, 0)
    assert seen(store, other)["INBOX"] == []


def test_what_comes_back_is_shared_with_nobody(store: Store, user_id: int) -> None:
    """The mailbox above may be shared with people who could never read this one."""
    reader_id = add_user(store, "reader")
    with store.write() as tx:
        ann, bob = access.reader(tx, user_id), access.reader(tx, reader_id)
        permitted.create(tx, ann, "Work/Secret")
        permitted.share(tx, access.find(tx, ann, "Work").access, bob.address, frozenset("lr"))
    fill(store, user_id, 1, "Work/Secret")
    make_past(store)
    with store.write() as tx:
        entries.remove_mailbox(tx, user_id, "Work/Secret")
    put_back(store, user_id)
    with store.read() as tx:
        assert mailboxes.by_name(tx, user_id, "Work/Secret").messages == 1
        assert [seen.own_name for seen in access.of_others(tx, bob)] == ["Work"]
