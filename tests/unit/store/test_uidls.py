"""Unique ids that mail had at the POP3 server where it came from."""

from __future__ import annotations

import pytest

from mailnode.errors import BadUidl, NoSuchMessage
from mailnode.store import entries, mailboxes, ranges, uidls
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill


def inbox(store: Store, user_id: int) -> mailboxes.Mailbox:
    with store.read() as tx:
        return mailboxes.by_name(tx, user_id, mailboxes.INBOX)


def given(store: Store, user_id: int, wanted: dict[int, str]) -> dict[int, str]:
    with store.write() as tx:
        uidls.set_imported(tx, user_id, wanted)
    with store.read() as tx:
        return uidls.of(tx, user_id, inbox(store, user_id).id)


def test_they_are_kept_by_uid(store: Store, user_id: int) -> None:
    fill(store, user_id, 3)
    assert given(store, user_id, {1: "UID1-1136973824", 3: "~!"}) == {1: "UID1-1136973824", 3: "~!"}


def test_they_can_be_set_anew_and_changed_round(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    given(store, user_id, {1: "a", 2: "b"})
    assert given(store, user_id, {1: "b", 2: "a"}) == {1: "b", 2: "a"}


def test_thousands_at_once(store: Store, user_id: int) -> None:
    fill(store, user_id, 1200)
    wanted = {uid: f"x{uid}" for uid in range(1, 1201)}
    assert given(store, user_id, wanted) == wanted


@pytest.mark.parametrize("bad", ["", "x" * 71, "with blank", "ä", "a\r\nb", "\x7f"])
def test_what_is_no_id(store: Store, user_id: int, bad: str) -> None:
    """RFC 1939 §7."""
    fill(store, user_id, 1)
    with pytest.raises(BadUidl):
        given(store, user_id, {1: bad})


def test_one_id_for_two_messages(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    with pytest.raises(BadUidl):
        given(store, user_id, {1: "same", 2: "same"})
    given(store, user_id, {1: "same"})
    with pytest.raises(BadUidl):
        given(store, user_id, {2: "same"})


def test_one_of_ours_for_another_message(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    validity = inbox(store, user_id).uid_validity
    with pytest.raises(BadUidl):
        given(store, user_id, {1: uidls.own(validity, 2)})
    with pytest.raises(BadUidl):
        given(store, user_id, {1: uidls.own(validity, 9999)})
    assert given(store, user_id, {1: uidls.own(validity, 1)}) == {1: uidls.own(validity, 1)}


def test_a_message_that_is_not_there(store: Store, user_id: int) -> None:
    with pytest.raises(NoSuchMessage):
        given(store, user_id, {1: "a"})


def test_none_is_set_where_one_is_wrong(store: Store, user_id: int) -> None:
    fill(store, user_id, 1)
    with pytest.raises(NoSuchMessage):
        given(store, user_id, {1: "a", 7: "b"})
    with store.read() as tx:
        assert uidls.of(tx, user_id, inbox(store, user_id).id) == {}


def test_the_id_of_a_message_that_has_gone_comes_never_again(store: Store, user_id: int) -> None:
    fill(store, user_id, 2)
    given(store, user_id, {1: "a"})
    with store.write() as tx:
        entries.expunge(tx, user_id, inbox(store, user_id).id, ranges.of([1]), only_deleted=False)
    with pytest.raises(BadUidl):
        given(store, user_id, {2: "a"})


def test_two_users_may_have_the_same(store: Store, user_id: int) -> None:
    other = add_user(store, "two")
    for one in (user_id, other):
        fill(store, one, 1)
        assert given(store, one, {1: "a"}) == {1: "a"}
