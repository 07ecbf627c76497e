"""Mailboxes as the last session that left them knew them, so that the next SELECT need not read every uid again.

A view counts while the mailbox's highest mod-sequence is still the one it was complete for, and otherwise with what the
journal says has happened since; so it can never show anything but the truth. Bounded by the number of uids kept.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from mailnode.imap.selected import Selected
from mailnode.store.uids import Uids

MAX_UIDS = 4_000_000  # 16 MB
OVERHEAD = 200  # what an empty view counts as


@dataclass(frozen=True, slots=True)
class View:
    uid_validity: int
    modseq: int
    uids: Uids
    keywords: frozenset[str]


class Views:
    """One for each process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], View] = OrderedDict()
        self._size = 0

    def keep(self, user_id: int, left: Selected) -> None:
        """Remember what a session knew when it left, if it knew everything."""
        old = self.last(user_id, left.mailbox_id, left.uid_validity)
        if left.is_complete and not (left.uids.unread and old is not None and not old.uids.unread):
            self._drop((user_id, left.mailbox_id))
            self._kept[user_id, left.mailbox_id] = View(left.uid_validity, left.modseq, left.uids, left.keywords)
            self._size += len(left.uids) + OVERHEAD
            while self._size > MAX_UIDS:
                self._drop(next(iter(self._kept)))

    def find(self, user_id: int, mailbox_id: int, uid_validity: int, modseq: int) -> View | None:
        """The view of the mailbox at exactly this mod-sequence."""
        found = self._kept.get((user_id, mailbox_id))
        if found is None or (found.uid_validity, found.modseq) != (uid_validity, modseq):
            return None
        return found

    def last(self, user_id: int, mailbox_id: int, uid_validity: int) -> View | None:
        """The newest view of the mailbox, at whatever mod-sequence."""
        found = self._kept.get((user_id, mailbox_id))
        return found if found is not None and found.uid_validity == uid_validity else None

    def _drop(self, key: tuple[int, int]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.uids) + OVERHEAD
