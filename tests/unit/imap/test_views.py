"""Views of mailboxes that sessions have left."""

from __future__ import annotations

from array import array

from mailnode.imap import views
from mailnode.imap.selected import Selected
from mailnode.imap.views import Views
from mailnode.store.changes import Change, What


def left(mailbox_id: int = 1, count: int = 3, modseq: int = 5) -> Selected:
    return Selected(
        mailbox_id=mailbox_id,
        name="x",
        uid_validity=1,
        uids=array("I", range(1, count + 1)),
        modseq=modseq,
        seen_modseq=modseq,
    )


def test_a_view_is_found_at_its_mod_sequence_only() -> None:
    kept = Views()
    kept.keep(1, left())
    assert kept.find(1, 1, 1, 5) is not None
    assert kept.find(1, 1, 1, 6) is None
    assert kept.find(1, 1, 2, 5) is None


def test_another_user_never_finds_it() -> None:
    kept = Views()
    kept.keep(1, left())
    assert kept.find(2, 1, 1, 5) is None


def test_an_incomplete_view_is_not_kept() -> None:
    kept, one = Views(), left()
    one.note([Change(6, 1, 2, What.EXPUNGED, "")], 6)
    kept.keep(1, one)
    assert kept.find(1, 1, 1, 6) is None


def test_memory_is_bounded() -> None:
    kept = Views()
    for mailbox_id in range(10):
        kept.keep(1, left(mailbox_id, count=views.MAX_UIDS // 4))
    assert sum(kept.find(1, mailbox_id, 1, 5) is not None for mailbox_id in range(10)) == 3
    assert kept.find(1, 9, 1, 5) is not None
