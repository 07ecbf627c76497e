"""What IMAP needs to know of a whole mailbox when it is opened: narrow scans of one index each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.prepared import Prepared
from mailnode.store.models import UNSEEN, WITH_KEYWORDS, Entry, Mailbox
from mailnode.store.uids import BLOCK, Uids

_in_mailbox = (Entry.user_id == bindparam("user_id"), Entry.mailbox_id == bindparam("mailbox_id"))
_between = (*_in_mailbox, Entry.uid >= bindparam("low"), Entry.uid <= bindparam("high"))
_uids = select(Entry.uid).where(*_between)
_some = Prepared(_uids.order_by(Entry.uid).limit(bindparam("most")))
_newest = Prepared(_uids.order_by(Entry.uid.desc()).limit(bindparam("most")))
_count = Prepared(select(func.count()).where(*_between))
_first = Prepared(select(Entry.flags, Entry.keywords).where(*_between).order_by(Entry.uid).limit(1))
_others = Prepared(
    select(Entry.uid, Entry.flags, Entry.keywords)
    .where(*_between, or_(Entry.flags != bindparam("bits"), Entry.keywords != bindparam("words")))
    .order_by(Entry.uid)
)
_highest = Prepared(
    select(Mailbox.highest_modseq).where(Mailbox.user_id == bindparam("user_id"), Mailbox.id == bindparam("mailbox_id"))
)
_UNSEEN = "SELECT uid FROM entry{} WHERE user_id = :user_id AND mailbox_id = :mailbox_id AND {} ORDER BY uid LIMIT 1"
_unseen = Prepared(text(_UNSEEN.format("", UNSEEN)))
_unseen_in_sqlite = Prepared(text(_UNSEEN.format(" INDEXED BY ix_entry_unseen", UNSEEN)))  # it would choose another
_keywords = Prepared(select(Entry.keywords).where(*_in_mailbox, WITH_KEYWORDS).distinct())
_flagged = select(Entry.uid).where(*_in_mailbox, Entry.flags.op("&")(bindparam("bit")) != 0).order_by(Entry.uid)


@dataclass(frozen=True, slots=True)
class Alike:
    """The flags of a stretch of a mailbox, told by what is unusual: ``count`` messages in all, of which those in
    ``others`` (uid, bits, keywords) differ from ``bits`` and ``keywords``."""

    count: int
    bits: int
    keywords: str
    others: list[tuple[int, int, str]]


def uids(tx: Session, user_id: int, mailbox_id: int, *, below: int = 2**32) -> Uids:
    """Every uid of the mailbox, or those below one. A stretch without gaps is counted, not read."""
    conn = tx.connection()
    keys = {"user_id": user_id, "mailbox_id": mailbox_id, "low": 1, "high": below - 1, "most": BLOCK}
    blocks: list[Sequence[int]] = []
    while True:
        stretch = {**keys, "high": min(keys["low"] + BLOCK, below) - 1}
        found: Sequence[int] = range(stretch["low"], stretch["high"] + 1)
        if _count.run(conn, stretch).fetchone()[0] < len(found) or not found:
            found = array("I", [uid for (uid,) in _some.run(conn, keys).fetchall()])
        if not found:
            return Uids.of_blocks(blocks)
        blocks.append(found)
        keys["low"] = found[-1] + 1


def newest(tx: Session, user_id: int, mailbox_id: int, count: int, most: int) -> Uids:
    """The uids of a mailbox of ``count`` messages, of which no more than ``most`` are read: the others are left
    unread, unless there is no gap among them."""
    conn = tx.connection()
    keys = {"user_id": user_id, "mailbox_id": mailbox_id, "low": 1, "high": 2**32, "most": most}
    read = array("I", [uid for (uid,) in _newest.run(conn, keys).fetchall()][::-1])
    unread = max(count - len(read), 0)
    if not unread or not read:
        return Uids.of(read)
    first = _some.run(conn, {**keys, "most": 1}).fetchone()[0]
    if read[0] - first == unread:
        return Uids.of_blocks([range(first, read[0]), read])
    return Uids.of(read, unread)


def first_unseen(tx: Session, user_id: int, mailbox_id: int) -> int | None:
    """The lowest uid without ``\\Seen``."""
    statement = _unseen_in_sqlite if is_sqlite(tx) else _unseen
    found = statement.run(tx.connection(), {"user_id": user_id, "mailbox_id": mailbox_id}).fetchone()
    return found[0] if found is not None else None


def keywords(tx: Session, user_id: int, mailbox_id: int) -> frozenset[str]:
    """Every keyword in use in the mailbox."""
    found = _keywords.run(tx.connection(), {"user_id": user_id, "mailbox_id": mailbox_id})
    return frozenset(word for (words,) in found for word in words.split())


def with_flag(tx: Session, user_id: int, mailbox_id: int, bit: int) -> list[int]:
    """The uids with this system flag (a bit of `store.flags`), in order."""
    keys = {"user_id": user_id, "mailbox_id": mailbox_id, "bit": bit}
    return list(tx.connection().execute(_flagged, keys).scalars())


def highest_modseq(tx: Session, user_id: int, mailbox_id: int) -> int:
    """The mailbox's; 0 when it has gone. It is another one after any change to any message there."""
    found = _highest.run(tx.connection(), {"user_id": user_id, "mailbox_id": mailbox_id}).fetchone()
    return found[0] if found is not None else 0


def alike(tx: Session, user_id: int, mailbox_id: int, low: int, high: int, *, count: int | None = None) -> Alike:
    """The flags of the messages from uid ``low`` to ``high``, which are ``count`` when that is known. Most mail has
    been read and nothing else, so this costs a tenth of reading every row."""
    conn = tx.connection()
    keys: dict[str, int | str] = {"user_id": user_id, "mailbox_id": mailbox_id, "low": low, "high": high}
    first = _first.run(conn, keys).fetchone()
    if first is None:
        return Alike(0, 0, "", [])
    bits, words = first
    if count is None:
        count = _count.run(conn, keys).fetchone()[0]
    return Alike(count, bits, words, _others.run(conn, {**keys, "bits": bits, "words": words}).fetchall())
