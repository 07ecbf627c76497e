"""Flags: bits for system flags, words for keywords."""

from __future__ import annotations

from mailnode.store.flags import DELETED, SEEN, Flags, flags, with_keywords, without_keywords


def test_system_flags_are_bits_in_any_case() -> None:
    assert flags("\\SEEN", "\\deleted") == Flags(SEEN | DELETED, "")


def test_recent_cannot_be_set() -> None:
    assert flags("\\Recent", "\\Unknown") == Flags(0, "")


def test_keywords_keep_their_first_spelling_and_are_one_without_case() -> None:
    assert flags("$Label2", "work", "WORK").keywords == "$Label2 work"


def test_a_keyword_is_added_once_and_removed_in_any_case() -> None:
    assert with_keywords("a b", "B c") == "a b c"
    assert without_keywords("a B c", "b") == "a c"


def test_names_come_back_as_imap_writes_them() -> None:
    assert list(flags("\\seen", "\\answered", "x")) == ["\\Answered", "\\Seen", "x"]
