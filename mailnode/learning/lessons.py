"""What users have taught lately, read from the change journal.

- A message that came into Junk from another mailbox is junk, by whichever way: moved, copied, or marked there. One
  that was delivered into Junk teaches nothing: nobody has looked at it.
- One that went from Junk into another mailbox is wanted, unless that is Trash: to throw junk away is no praise.
- A client that marks instead of moving says so by keywords: ``$Junk`` and ``$NotJunk`` (of IANA's registry), ``Junk``
  and ``NonJunk`` (Thunderbird).

A message that was copied keeps the date of its first mailbox; so a copy is told from a delivery by its age.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from mailnode.store.changes import What
from mailnode.store.models import Entry, Journal, Mailbox

AT_ONCE = 1000  # changes that are looked at together
BACK = 100  # changes of a user among which the copy of an expunged message is sought
MOST_COPIES = 20_000
JUNK, TRASH = "\\Junk", "\\Trash"
JUNK_WORDS = frozenset(("$junk", "junk"))
WANTED_WORDS = frozenset(("$notjunk", "notjunk", "nonjunk"))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A user's word about one message, by the store's id. ``at`` is when, in seconds."""

    user_id: int
    message_id: int
    junk: bool
    at: int = 0


_entry_of_journal = (
    (Entry.user_id == Journal.user_id) & (Entry.mailbox_id == Journal.mailbox_id) & (Entry.uid == Journal.uid)
)
_CHANGE = (Journal.id, Journal.user_id, Journal.modseq, Journal.at)
_stretch = (Journal.id > bindparam("after"), Journal.id <= bindparam("until"))
_newest = select(func.max(Journal.id))
_end = select(Journal.id).where(Journal.id > bindparam("after")).order_by(Journal.id).offset(AT_ONCE - 1).limit(1)
_into_junk = (
    select(*_CHANGE, Entry.message_id, Entry.internal_date, Entry.saved_at)
    .join(Entry, _entry_of_journal)
    .join(Mailbox, Mailbox.id == Journal.mailbox_id)
    .where(*_stretch, Journal.what == What.APPENDED, Mailbox.special_use == JUNK)
)
_out_of_junk = (
    select(*_CHANGE, Journal.old)
    .join(Mailbox, Mailbox.id == Journal.mailbox_id)
    .where(*_stretch, Journal.what == What.EXPUNGED, Mailbox.special_use == JUNK)
)
_marked = (
    select(*_CHANGE, Entry.message_id, Entry.keywords, Journal.old)
    .join(Entry, _entry_of_journal)
    .where(*_stretch, Journal.what == What.FLAGS, Entry.keywords != "")
)
_expunged_with = select(Journal.old).where(
    Journal.user_id == bindparam("user_id"),
    Journal.modseq == bindparam("modseq"),
    Journal.what == What.EXPUNGED,
)
_places = (
    select(Entry.message_id, Mailbox.special_use)
    .select_from(Journal)
    .join(Entry, _entry_of_journal)
    .join(Mailbox, Mailbox.id == Journal.mailbox_id)
    .where(
        Journal.user_id == bindparam("user_id"),
        Journal.modseq > bindparam("low"),
        Journal.modseq <= bindparam("high"),
        Journal.what == What.APPENDED,
    )
    .limit(MOST_COPIES)
)


def newest(tx: Session) -> int:
    """The number of the newest change of all."""
    return tx.connection().execute(_newest).scalar() or 0


def upto(tx: Session, after: int, until: int) -> int:
    """The last of the changes behind ``after`` that are looked at together, at most ``until``."""
    end = tx.connection().execute(_end, {"after": after}).scalar()
    return until if end is None else min(end, until)


def lessons(tx: Session, after: int, until: int) -> list[Lesson]:
    """What the changes behind ``after`` up to ``until`` have taught; of several lessons about a message the last."""
    keys = {"after": after, "until": until}
    found = [*_put_in(tx, keys), *_taken_out(tx, keys), *_said(tx, keys)]
    found.sort(key=lambda one: one[0])
    last = {(lesson.user_id, lesson.message_id): lesson for _, lesson in found}
    return list(last.values())


def _put_in(tx: Session, keys: dict[str, int]) -> Iterator[tuple[int, Lesson]]:
    moved: dict[tuple[int, int], set[int]] = {}
    for row in tx.connection().execute(_into_junk, keys).all():
        change = (row.user_id, row.modseq)
        if change not in moved:
            moved[change] = _moved(tx, *change)
        if row.message_id in moved[change] or (row.saved_at or 0) > row.internal_date:
            yield row.id, Lesson(row.user_id, row.message_id, True, row.at)


def _moved(tx: Session, user_id: int, modseq: int) -> set[int]:
    """The messages that left a mailbox in this change."""
    rows = tx.connection().execute(_expunged_with, {"user_id": user_id, "modseq": modseq}).scalars()
    return set(map(_message_id, rows))


def _taken_out(tx: Session, keys: dict[str, int]) -> Iterator[tuple[int, Lesson]]:
    rows = tx.connection().execute(_out_of_junk, keys).all()
    by_user: dict[int, list[Any]] = {}
    for row in rows:
        by_user.setdefault(row.user_id, []).append(row)
    for user_id, own in by_user.items():
        modseqs = [row.modseq for row in own]
        places = _copies(tx, user_id, min(modseqs) - BACK, max(modseqs))
        for row in own:
            message_id = _message_id(row.old)
            if _is_wanted(places.get(message_id, ())):
                yield row.id, Lesson(user_id, message_id, False, row.at)


def _copies(tx: Session, user_id: int, low: int, high: int) -> dict[int, list[str | None]]:
    """What kinds of mailboxes the messages are in that were put somewhere by these changes."""
    found: dict[int, list[str | None]] = {}
    for message_id, use in tx.connection().execute(_places, {"user_id": user_id, "low": low, "high": high}):
        found.setdefault(message_id, []).append(use)
    return found


def _is_wanted(uses: Iterable[str | None]) -> bool:
    there = list(uses)
    return bool(there) and JUNK not in there and any(use != TRASH for use in there)


def _said(tx: Session, keys: dict[str, int]) -> Iterator[tuple[int, Lesson]]:
    for row in tx.connection().execute(_marked, keys).all():
        now, before = _words(row.keywords), _words(row.old)
        if now & JUNK_WORDS and not now & WANTED_WORDS and not before & JUNK_WORDS:
            yield row.id, Lesson(row.user_id, row.message_id, True, row.at)
        elif now & WANTED_WORDS and not now & JUNK_WORDS and not before & WANTED_WORDS:
            yield row.id, Lesson(row.user_id, row.message_id, False, row.at)


def _words(keywords: str) -> set[str]:
    return set(keywords.lower().split())


def _message_id(old: str) -> int:
    return int(old.partition(" ")[0])
