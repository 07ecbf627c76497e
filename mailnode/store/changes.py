"""The change journal: every change to a user's mail is one row, and everybody who waits reads it.

`record` and `announce` are called by whatever changes mail, inside its transaction. A modseq is
drawn from the user's counter row, which stays locked until the commit; so one user's changes are
seen in the order of their modseqs on every engine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import BigInteger, bindparam, func, insert, literal_column, select
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite, pending
from mailnode.prepared import Prepared
from mailnode.store.models import Journal, UserCounter
from mailnode.store.ranges import Range

CHANNEL = "mailnode"  # of PostgreSQL's NOTIFY
EVERYTHING = 2**62


class What(IntEnum):
    """What happened; the numbers are kept in the database."""

    APPENDED = 1  # old: ""
    FLAGS = 2  # old: "bits keywords…"
    EXPUNGED = 3  # old: "message_id internal_date bits keywords…"
    MAILBOX_CREATED = 4  # old: "", or "bare" for a name that stood for its children; uid 0 for this and the next ones
    MAILBOX_RENAMED = 5  # old: the old name
    MAILBOX_REMOVED = 6  # old: the name, and behind a tab the special use if there was one
    SUBSCRIPTION = 7  # old: "+name" or "-name"
    RIGHTS = 8  # old: the identifier and what it had; "" for the one who was given or denied a right
    ANNOTATION = 9  # old: the name of the entry; mailbox 0 is the server


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the journal."""

    modseq: int
    mailbox_id: int
    uid: int
    what: What
    old: str


_add = Prepared(insert(Journal), "user_id", "modseq", "mailbox_id", "uid", "what", "old", "at")
_changes = (
    select(Journal.modseq, Journal.mailbox_id, Journal.uid, Journal.what, Journal.old)
    .where(Journal.user_id == bindparam("user_id"), Journal.modseq > bindparam("modseq"))
    .order_by(Journal.modseq, Journal.id)
    .limit(bindparam("most", type_=BigInteger))
)
_since = Prepared(_changes)
_since_in = Prepared(_changes.where(Journal.mailbox_id == bindparam("mailbox_id")))
_tree = Prepared(_changes.where(Journal.what >= literal_column(str(int(What.MAILBOX_CREATED)))))
_expunged = (
    select(Journal.uid)
    .where(
        Journal.user_id == bindparam("user_id"),
        Journal.modseq > bindparam("modseq"),
        Journal.mailbox_id == bindparam("mailbox_id"),
        Journal.what == What.EXPUNGED,
    )
    .order_by(Journal.uid)
)
_pruned = select(UserCounter.pruned_modseq).where(UserCounter.user_id == bindparam("user_id"))
_steps = Prepared(
    select(Journal.modseq, Journal.mailbox_id, Journal.what)
    .where(
        Journal.user_id == bindparam("user_id"),
        Journal.modseq > bindparam("modseq"),
        Journal.what < literal_column(str(int(What.MAILBOX_CREATED))),
    )
    .distinct()
    .order_by(Journal.modseq, Journal.mailbox_id, Journal.what)
    .limit(bindparam("most", type_=BigInteger))
)
_modseq = Prepared(select(UserCounter.modseq).where(UserCounter.user_id == bindparam("user_id")))


def record(tx: Session, user_id: int, modseq: int, mailbox_id: int, uid: int, what: What, old: str = "") -> None:
    """Write one row and tell those who wait, after the commit."""
    row = {
        "user_id": user_id,
        "modseq": modseq,
        "mailbox_id": mailbox_id,
        "uid": uid,
        "what": int(what),
        "old": old,
        "at": int(time.time()),
    }
    _add.run(tx.connection(), row)
    announce(tx, user_id)


def announce(tx: Session, user_id: int) -> None:
    """Tell this and every other process, once the transaction has committed, that the user's mail changed."""
    changed = pending(tx).changed
    if user_id in changed:
        return
    changed.add(user_id)
    if not is_sqlite(tx):
        tx.connection().execute(select(func.pg_notify(CHANNEL, str(user_id))))


def since(tx: Session, user_id: int, modseq: int, mailbox_id: int | None = None, limit: int = 0) -> list[Change]:
    """What happened after ``modseq``, in order; at most ``limit`` rows (0: all)."""
    keys = {"user_id": user_id, "modseq": modseq, "most": limit or EVERYTHING}
    if mailbox_id is None:
        return _read(tx, _since, keys)
    return _read(tx, _since_in, {**keys, "mailbox_id": mailbox_id})


def _read(tx: Session, statement: Prepared, keys: dict[str, int]) -> list[Change]:
    rows = statement.run(tx.connection(), keys).fetchall()
    return [Change(modseq, mailbox_id, uid, What(what), old) for modseq, mailbox_id, uid, what, old in rows]


def steps_since(tx: Session, user_id: int, modseq: int, most: int) -> list[Change]:
    """What kinds of things happened to messages of which mailboxes after ``modseq``, without saying to which messages:
    one row for each modseq, mailbox and kind, with uid 0, in order. At most ``most``."""
    keys = {"user_id": user_id, "modseq": modseq, "most": most}
    rows = _steps.run(tx.connection(), keys).fetchall()
    return [Change(modseq, mailbox_id, 0, What(what), "") for modseq, mailbox_id, what in rows]


def tree_since(tx: Session, user_id: int, modseq: int, most: int) -> list[Change]:
    """What happened to mailboxes, subscriptions, rights and notes after ``modseq``, in order; at most ``most`` rows."""
    return _read(tx, _tree, {"user_id": user_id, "modseq": modseq, "most": most})


def expunged_since(
    tx: Session, user_id: int, mailbox_id: int, modseq: int, among: Sequence[Range] | None = None
) -> list[int]:
    """The uids that left the mailbox after ``modseq`` (RFC 7162 §3.2.10), in order."""
    keys = {"user_id": user_id, "mailbox_id": mailbox_id, "modseq": modseq}
    uids = tx.connection().execute(_expunged, keys).scalars().all()
    if among is None:
        return list(uids)
    return [uid for uid in uids if any(low <= uid <= high for low, high in among)]


def latest(tx: Session, user_id: int) -> int:
    """The user's newest modseq; 0 before there was any."""
    found = _modseq.run(tx.connection(), {"user_id": user_id}).fetchone()
    return found[0] if found is not None else 0


def pruned(tx: Session, user_id: int) -> int:
    """The modseq up to which the journal has been forgotten; it is complete after it."""
    return tx.connection().execute(_pruned, {"user_id": user_id}).scalar() or 0
