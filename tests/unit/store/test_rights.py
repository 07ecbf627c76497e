"""Who has which rights on whose mailboxes, whatever door asks."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from mailnode.directory import edit, shared_owner
from mailnode.errors import NoRight, NoSuchMailbox, TooManyIdentifiers, UnknownUser
from mailnode.store import access, changes, entries, mailboxes, messages, permitted, ranges, rights
from mailnode.store.access import Reader
from mailnode.store.changes import What
from mailnode.store.flags import FLAGGED, SEEN, Flags
from mailnode.store.rights import ALL, Granted
from tests.support.store import Store

Ann = Reader(0, "ann@a.test")


def people(tx: Session, *addresses: str) -> list[Reader]:
    for name in {address.rpartition("@")[2] for address in addresses}:
        edit.create_domain(tx, name, keys=())
    made = [edit.create_user(tx, address, password_hash="x") for address in addresses]
    for user in made:
        mailboxes.create_defaults(tx, user.id)
    return [Reader(user.id, user.address) for user in made]


def give(tx: Session, owner: Reader, name: str, whom: str, letters: str) -> None:
    permitted.share(tx, access.find(tx, owner, name).access, whom, frozenset(letters))


@pytest.mark.parametrize(
    ("granted", "held"),
    [
        ({}, ""),
        ({"ann@a.test": "lr", "@a.test": "rs", "anyone": "p"}, "lrsp"),
        ({"ann@a.test": "lrs", "-ann@a.test": "s"}, "lr"),
        ({"anyone": "lrs", "-@a.test": "r"}, "ls"),
        ({"@a.test": "lr", "-anyone": "lr"}, ""),
        ({"bob@a.test": "lr", "@b.test": "lr", "-bob@a.test": "l"}, ""),
    ],
)
def test_rights_are_united_and_negatives_taken_away(granted: dict[str, str], held: str) -> None:
    listed = [Granted(name, frozenset(letters)) for name, letters in granted.items()]
    assert rights.held(listed, Ann, owner=False) == frozenset(held)


@pytest.mark.parametrize(
    ("granted", "held"),
    [({}, ALL), ({"ann@a.test": "lr"}, "lra"), ({"-ann@a.test": "lrswipkxtea"}, "la"), ({"anyone": "l"}, ALL)],
)
def test_an_owner_keeps_what_it_takes_to_get_everything_back(granted: dict[str, str], held: str) -> None:
    listed = [Granted(name, frozenset(letters)) for name, letters in granted.items()]
    assert rights.held(listed, Ann, owner=True) == frozenset(held)


def test_anyone_is_nobody_of_another_domain() -> None:
    listed = [
        Granted("anyone", frozenset("lr")),
        Granted("@a.test", frozenset("lp")),
        Granted("-anyone", frozenset("p")),
    ]
    assert rights.held(listed, Ann, owner=False) == frozenset("lr")
    assert rights.held(listed, Ann, owner=False, near=False) == frozenset("lp")


def test_what_is_shared_with_anyone_stays_in_its_domain(store: Store) -> None:
    with store.write() as tx:
        ann, bob, eve = people(tx, "ann@a.test", "bob@a.test", "eve@b.test")
        give(tx, ann, "Sent", "anyone", "lr")
        sent = access.find(tx, ann, "Sent").id
        assert [seen.id for seen in access.of_others(tx, bob)] == [sent]
        assert access.by_id(tx, bob, sent).access.rights == frozenset("lr")
        assert access.of_others(tx, eve) == []
        assert access.rights_in(tx, eve, sent) == frozenset()
        with pytest.raises(NoSuchMailbox):
            access.find(tx, eve, "Other Users/ann@a.test/Sent")


def test_another_domain_is_reached_by_its_name(store: Store) -> None:
    with store.write() as tx:
        ann, eve = people(tx, "ann@a.test", "eve@b.test")
        give(tx, ann, "Sent", "anyone", "lr")
        give(tx, ann, "Sent", "@b.test", "l")
        assert [seen.access.rights for seen in access.of_others(tx, eve)] == [frozenset("l")]
        assert access.find(tx, eve, "Other Users/ann@a.test/Sent").access.rights == frozenset("l")


def test_rights_go_with_the_user_who_had_them(store: Store) -> None:
    with store.write() as tx:
        ann, _ = people(tx, "ann@a.test", "bob@a.test")
        give(tx, ann, "Sent", "bob@a.test", "lr")
        edit.remove_user(tx, "bob@a.test")
        again = edit.create_user(tx, "bob@a.test", password_hash="x")
        assert access.of_others(tx, Reader(again.id, "bob@a.test")) == []


def test_rights_go_with_the_domain_that_had_them(store: Store) -> None:
    with store.write() as tx:
        ann, _ = people(tx, "ann@a.test", "bob@b.test")
        give(tx, ann, "Sent", "@b.test", "lr")
        edit.remove_domain(tx, "b.test", with_contents=True)
        [bob] = people(tx, "bob@b.test")
        assert access.of_others(tx, bob) == []


def test_a_domain_goes_with_the_mailboxes_that_are_its_own(store: Store) -> None:
    with store.write() as tx:
        [ann] = people(tx, "ann@a.test")
        edit.set_administered(tx, ann.address, ["a.test"])
        permitted.create(tx, ann, "Shared/News")
        assert [user.address for user in edit.users(tx)] == ["ann@a.test"]
        edit.remove_domain(tx, "a.test", with_contents=True)
        assert shared_owner.owner_id(tx, "a.test") is None


def test_nobody_can_be_named_who_owns_a_domain_s_mailboxes(store: Store) -> None:
    with store.write() as tx:
        [ann] = people(tx, "ann@a.test")
        shared_owner.make_owner(tx, "a.test")
        with pytest.raises(UnknownUser):
            give(tx, ann, "Sent", "+shared@a.test", "l")
        with pytest.raises(NoSuchMailbox):
            access.find(tx, ann, "Other Users/+shared@a.test/News")


def test_whoever_had_such_names_before_keeps_them(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        give(tx, ann, "Sent", "bob@a.test", "lr")
        mailboxes.create(tx, bob.user_id, "Other Users/Friends")
        assert access.find(tx, bob, "Other Users/Friends").is_own
        assert all(seen.is_own for seen in access.tree(tx, bob))
        with pytest.raises(NoSuchMailbox):
            access.by_id(tx, bob, access.find(tx, ann, "Sent").id)


def test_the_named_user_s_journal_says_that_something_is_shared(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        before = changes.latest(tx, bob.user_id)
        give(tx, ann, "Sent", "bob@a.test", "lr")
        give(tx, ann, "Sent", "bob@a.test", "lr")  # nothing new
        assert [change.what for change in changes.since(tx, bob.user_id, before)] == [What.RIGHTS]


def test_a_list_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "MOST", 1)
    with store.write() as tx:
        ann, _ = people(tx, "ann@a.test", "bob@a.test")
        give(tx, ann, "Sent", "anyone", "l")
        with pytest.raises(TooManyIdentifiers):
            give(tx, ann, "Sent", "bob@a.test", "l")


def test_a_message_that_changes_hands_counts_for_whoever_has_it(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        give(tx, ann, "INBOX", "bob@a.test", "lrte")
        messages.append(tx, ann.user_id, "INBOX", b"Subject: x\r\n\r\nhi", flags=Flags(SEEN | FLAGGED, "$Work"))
        here = access.find(tx, bob, "Other Users/ann@a.test/INBOX").access
        there = access.find(tx, bob, "INBOX").access
        done = permitted.move(tx, here, ranges.EVERYTHING, there)
        for reader, many in ((ann, 0), (bob, 1)):
            inbox = mailboxes.by_name(tx, reader.user_id, "INBOX")
            counted = entries.counted(tx, reader.user_id, inbox.id)
            assert (inbox.messages, inbox.unseen, inbox.size) == counted
            assert inbox.messages == many
        assert messages.read(tx, bob.user_id, there.mailbox_id, done.new[0]) == b"Subject: x\r\n\r\nhi"


def test_what_comes_back_to_a_mailbox_brings_only_flags_that_may_be_set(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        give(tx, ann, "Archive", "bob@a.test", "is")
        messages.append(tx, bob.user_id, "INBOX", b"x", flags=Flags(SEEN | FLAGGED, "$Work"))
        there = access.find(tx, bob, "Other Users/ann@a.test/Archive").access
        permitted.copy(tx, access.find(tx, bob, "INBOX").access, ranges.EVERYTHING, there)
        found = messages.one(tx, ann.user_id, there.mailbox_id, 1, ("flags", "keywords"))
        assert tuple(found) == (SEEN, "")


def test_k_above_is_asked_of_the_nearest_that_is_there(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        permitted.create(tx, ann, "Work/Open")
        give(tx, ann, "Work", "bob@a.test", "lk")
        with pytest.raises(NoRight):
            permitted.create(tx, bob, "Other Users/ann@a.test/Top")
        made = permitted.create(tx, bob, "Other Users/ann@a.test/Work/New/Deep")
        assert made.access.rights == frozenset("lk")


def test_an_address_with_a_minus_is_nobodys_negative(store: Store) -> None:
    with store.write() as tx:
        ann, _, minus = people(tx, "ann@a.test", "bob@a.test", "-bob@a.test")
        give(tx, ann, "INBOX", "-bob@a.test", "lr")
        assert access.of_others(tx, minus) == []
        give(tx, minus, "INBOX", "-bob@a.test", "lr")
        found = access.find(tx, minus, "INBOX").access
        assert found.rights == ALL
        assert permitted.listed(tx, found)[0] == Granted("-bob@a.test", ALL)


def test_nothing_is_moved_below_a_mailbox_that_is_hidden(store: Store) -> None:
    """RFC 4314 §4, RENAME: it takes ``k`` on the mailbox above, not on some mailbox further up."""
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        for name in ("Work/Secret", "Work/Plans"):
            permitted.create(tx, ann, name)
        give(tx, ann, "Work", bob.address, "lrk")
        give(tx, ann, "Work/Plans", bob.address, "lrx")
        work = "Other Users/ann@a.test/Work"
        with pytest.raises(NoRight):
            permitted.rename(tx, bob, f"{work}/Plans", f"{work}/Secret/Plans")
        permitted.rename(tx, bob, f"{work}/Plans", f"{work}/New/Plans")


def test_a_bare_name_that_was_shared_becomes_a_mailbox_again(store: Store) -> None:
    with store.write() as tx:
        ann, bob = people(tx, "ann@a.test", "bob@a.test")
        permitted.create(tx, ann, "Work/Plans/2026")
        give(tx, ann, "Work", bob.address, "lr")
        entries.remove_mailbox(tx, ann.user_id, "Work/Plans")
        give(tx, ann, "Work/Plans", bob.address, "l")
        permitted.create(tx, ann, "Work/Plans")
        assert access.rights_in(tx, bob, access.find(tx, ann, "Work/Plans").id) == {"l"}
