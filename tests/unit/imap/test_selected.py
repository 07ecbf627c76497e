"""What one session is told of what others did, and when."""

from __future__ import annotations

from array import array

import pytest

from mailnode.errors import ProtocolError
from mailnode.imap.selected import News, Selected
from mailnode.proto.imap.sequence_set import parse_sequence_set
from mailnode.store.changes import Change, What


def view(*uids: int, first_recent: int = 0) -> Selected:
    return Selected(
        mailbox_id=1,
        name="INBOX",
        uid_validity=1,
        uids=array("I", uids),
        modseq=10,
        seen_modseq=10,
        first_recent=first_recent,
    )


def change(modseq: int, uid: int, what: What) -> Change:
    return Change(modseq, 1, uid, what, "")


def appended(modseq: int, uid: int) -> Change:
    return change(modseq, uid, What.APPENDED)


def expunged(modseq: int, uid: int) -> Change:
    return change(modseq, uid, What.EXPUNGED)


def flagged(modseq: int, uid: int) -> Change:
    return change(modseq, uid, What.FLAGS)


def test_numbers_are_places() -> None:
    here = view(5, 7, 9)
    assert [here.number(uid) for uid in (5, 6, 7, 9, 10)] == [1, 0, 2, 3, 0]


@pytest.mark.parametrize(
    ("text", "by_uid", "ranges"),
    [
        (b"1:2", False, [(5, 7)]),
        (b"*", False, [(9, 9)]),
        (b"1,3", False, [(5, 5), (9, 9)]),
        (b"6:100", True, [(6, 9)]),
        (b"100:*", True, [(9, 9)]),
        (b"100", True, []),
    ],
)
def test_pick(text: bytes, by_uid: bool, ranges: list[tuple[int, int]]) -> None:
    assert view(5, 7, 9).pick(parse_sequence_set(text), by_uid=by_uid) == ranges


def test_a_number_that_is_not_in_use_is_refused() -> None:
    with pytest.raises(ProtocolError):
        view(5, 7, 9).pick(parse_sequence_set(b"4"), by_uid=False)


def test_an_empty_mailbox_has_nothing_and_1_to_star_is_no_mistake() -> None:
    assert view().pick(parse_sequence_set(b"1:*"), by_uid=False) == []
    assert view().pick(parse_sequence_set(b"1:*"), by_uid=True) == []
    with pytest.raises(ProtocolError):
        view().pick(parse_sequence_set(b"2"), by_uid=False)


def test_new_messages_are_told_by_exists() -> None:
    here = view(1, 2, first_recent=2)
    here.note([appended(11, 3), appended(12, 4)], 12)
    assert here.tell(expunge=False) == News(exists=4, appended=(3, 4))
    assert here.recent == 3


def test_expunge_waits_while_numbers_must_hold() -> None:
    """RFC 9051 §7.5.1."""
    here = view(1, 2, 3)
    here.note([expunged(11, 1)], 11)
    assert here.tell(expunge=False) == News()
    assert here.number(3) == 3
    assert here.has_gone
    assert here.tell(expunge=True) == News(expunged=(1,), expunged_uids=(1,))
    assert here.number(3) == 2
    assert not here.has_gone


def test_new_messages_are_counted_with_those_that_are_gone_but_not_told() -> None:
    here = view(1, 2)
    here.note([expunged(11, 1), appended(12, 3)], 12)
    assert here.tell(expunge=False) == News(exists=3, appended=(3,))
    assert here.tell(expunge=True).expunged == (1,)
    assert list(here.uids) == [2, 3]


def test_what_came_and_went_unseen_is_not_told() -> None:
    here = view(1)
    here.note([appended(11, 2), expunged(12, 2)], 12)
    assert here.tell(expunge=True) == News()


def test_changed_flags_are_told_once() -> None:
    here = view(1, 2)
    here.note([flagged(11, 2), flagged(12, 2)], 12)
    assert here.tell(expunge=False) == News(changed=(2,))
    assert here.tell(expunge=False) == News()


def test_flags_of_new_messages_are_not_told_apart() -> None:
    here = view(1)
    here.note([appended(11, 2), flagged(12, 2)], 12)
    assert here.tell(expunge=False) == News(exists=2, appended=(2,))


def test_flags_of_a_message_that_is_gone_are_not_told() -> None:
    here = view(1, 2)
    here.note([flagged(11, 2), expunged(12, 2)], 12)
    assert here.tell(expunge=False) == News()


def test_own_changes_are_not_told_again() -> None:
    here = view(1, 2)
    here.own(11)
    assert here.seen_modseq == 11  # the very next: the journal need not be asked
    here.own(13)
    assert here.seen_modseq == 11  # 12 was somebody else's
    here.note([flagged(12, 1), flagged(13, 2)], 13)
    assert here.tell(expunge=False) == News(changed=(1,))


def test_what_came_and_this_session_expunged_unseen_is_not_told() -> None:
    here = view(1)
    here.own(12)
    here.note([appended(11, 2), expunged(12, 2)], 12)
    assert here.tell(expunge=True) == News()
    assert here.is_complete


def test_own_copies_into_the_same_mailbox_are_news() -> None:
    here = view(1)
    here.note([appended(11, 2)], 11)
    assert here.tell(expunge=False).exists == 2


def test_changes_elsewhere_do_not_touch_the_highest_modseq_of_this_mailbox() -> None:
    here = view(1)
    here.skip(11)
    assert (here.seen_modseq, here.modseq) == (11, 10)


def test_forget_gives_numbers_as_they_are_once_those_before_are_gone() -> None:
    here = view(1, 2, 3, 4, 5)
    assert here.forget([2, 3, 5, 9]) == [2, 2, 3]
    assert list(here.uids) == [1, 4]


def test_forget_leaves_arrays_that_others_share_alone() -> None:
    here = view(1, 2)
    shared = here.uids
    here.forget([1])
    here.note([appended(11, 3)], 11)
    here.tell(expunge=True)
    assert list(shared) == [1, 2]


def test_a_view_is_complete_only_when_nothing_waits() -> None:
    here = view(1)
    assert here.is_complete
    here.note([appended(11, 2)], 11)
    assert not here.is_complete
    here.tell(expunge=True)
    assert here.is_complete


def test_ranges_of_joins_neighbours_of_the_view() -> None:
    assert view(1, 5, 9, 12).ranges_of([1, 5, 12]) == [(1, 5), (12, 12)]


def test_count() -> None:
    assert view(1, 5, 9).count([(2, 9), (20, 30)]) == 2
