"""What is kept of the past: messages without an entry, for as long as the journal tells how they went.

- Whoever takes away the last entry of a message lets it go with `let_go`; it stays as a row with ``gone``, and with it
  its body. `take_back` gives it an entry again (see `store.restore`).
- What is kept counts against no quota, or a full mailbox could not be emptied; it is counted beside it (`held`). So
  that nobody fills the disk by storing and removing, no more bytes are kept than the user's quota allows: the oldest go
  first.
- `prune` forgets the journal behind the domain's retention, oldest first, a `BATCH` in each transaction. Changes
  younger than `LEAST` stay in any case: those who wait for changes read them, and no session may be silent that long.
- ``pruned_modseq`` is set with the first row of a change that goes, so nobody takes half a change for a whole one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, case, delete, func, null, select, update
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain, User
from mailnode.prepared import Prepared
from mailnode.store import ranges
from mailnode.store.models import Journal, Message, UserCounter

DAY = 86_400  # seconds
LEAST = 3600  # seconds
BATCH = 1000
USERS = 100  # of one question


@dataclass(frozen=True, slots=True)
class Held:
    """What retention keeps of one user: messages and bytes, and since when nothing is missing (epoch seconds)."""

    messages: int
    size: int
    since: int


@dataclass(frozen=True, slots=True)
class Due:
    """A user with something to forget: changes made before ``before``, and kept bytes beyond ``room`` (0: no limit)."""

    user_id: int
    before: int
    room: int


_one_message = update(Message).where(Message.id == bindparam("k_message"))
_fewer_copies = Prepared(
    update(Message)
    .where(Message.id >= bindparam("k_low"), Message.id <= bindparam("k_high"))
    .values(
        copies=Message.copies - bindparam("b_many"),
        gone=case((Message.copies <= bindparam("b_many"), bindparam("b_modseq")), else_=Message.gone),
    )
)
_one_copy_more = Prepared(_one_message.values(copies=Message.copies + 1, gone=null()))
_gone_with = Prepared(
    select(func.count(), func.coalesce(func.sum(Message.size), 0)).where(
        Message.user_id == bindparam("k_user"), Message.gone == bindparam("k_modseq")
    )
)
_forget_gone_with = delete(Message).where(Message.user_id == bindparam("k_user"), Message.gone == bindparam("k_modseq"))
_count = Prepared(
    update(UserCounter)
    .where(UserCounter.user_id == bindparam("k_user"))
    .values(
        kept_messages=UserCounter.kept_messages + bindparam("b_messages"),
        kept_size=UserCounter.kept_size + bindparam("b_size"),
    )
)


def let_go(tx: Session, user_id: int, message_ids: Sequence[int], modseq: int, *, keep: bool = True) -> None:
    """One entry of each of these messages has been taken away by the change ``modseq``."""
    conn = tx.connection()
    by_number: dict[int, list[int]] = {}
    for one, many in Counter(message_ids).items():
        by_number.setdefault(many, []).append(one)
    stretches = [(low, high, many) for many, ids in by_number.items() for low, high in ranges.of(ids)]
    _fewer_copies.many(
        conn,
        [{"k_low": low, "k_high": high, "b_many": many, "b_modseq": modseq} for low, high, many in stretches],
    )
    if not keep:
        conn.execute(_forget_gone_with, {"k_user": user_id, "k_modseq": modseq})
        return
    messages, size = _gone_with.run(conn, {"k_user": user_id, "k_modseq": modseq}).fetchone()
    if messages:
        _count.run(conn, {"k_user": user_id, "b_messages": messages, "b_size": int(size)})


def take_back(tx: Session, user_id: int, message_ids: Sequence[int]) -> dict[int, int]:
    """Count one more entry of each of these messages; the sizes of those that are still there, by id."""
    conn, sizes, kept, kept_size = tx.connection(), dict[int, int](), 0, 0
    statement = select(Message.id, Message.size, Message.gone).where(
        Message.user_id == user_id, Message.id.in_(bindparam("ids", expanding=True))
    )
    for row in conn.execute(statement, {"ids": sorted(set(message_ids))}):
        sizes[row.id] = row.size
        if row.gone is not None:
            kept, kept_size = kept + 1, kept_size + row.size
    wanted = Counter(one for one in message_ids if one in sizes)
    _one_copy_more.many(conn, [{"k_message": one} for one in wanted.elements()])
    if kept:
        _count.run(conn, {"k_user": user_id, "b_messages": -kept, "b_size": -kept_size})
    return sizes


def held(tx: Session, user_id: int) -> Held:
    """What is kept of a user's past."""
    statement = select(UserCounter.kept_messages, UserCounter.kept_size, UserCounter.kept_since)
    row = tx.connection().execute(statement.where(UserCounter.user_id == user_id)).one_or_none()
    return Held(*row) if row else Held(0, 0, 0)


def due(tx: Session, now: int, *, after: int = 0) -> list[Due]:
    """Users of whom something is to be forgotten, by id behind ``after``, at most `USERS` of them."""
    seconds = case((Domain.retention_days * DAY > LEAST, Domain.retention_days * DAY), else_=LEAST)
    oldest = (
        select(Journal.at)
        .where(Journal.user_id == UserCounter.user_id)
        .order_by(Journal.modseq, Journal.id)
        .limit(1)
        .scalar_subquery()
    )
    room = func.coalesce(User.quota_bytes, Domain.default_quota_bytes, 0)
    leftover = (
        select(Message.id)
        .where(Message.user_id == UserCounter.user_id, Message.gone.is_not(None))
        .where(Message.gone <= UserCounter.pruned_modseq)
        .exists()
    )
    found = tx.connection().execute(
        select(UserCounter.user_id, now - seconds, room)
        .join(User, User.id == UserCounter.user_id)
        .join(Domain, Domain.id == User.domain_id)
        .where(UserCounter.user_id > after)
        .where((oldest < now - seconds) | ((room > 0) & (UserCounter.kept_size > room)) | leftover)
        .order_by(UserCounter.user_id)
        .limit(USERS)
    )
    return [Due(*row) for row in found]


def prune(tx: Session, one: Due) -> int:
    """Forget a `BATCH` of a user's past; how many rows went. Repeat until it is 0."""
    # The counters' row first: it is what every change of this user's mail waits for.
    locked = tx.connection().execute(
        update(UserCounter)
        .where(UserCounter.user_id == one.user_id)
        .values(kept_size=UserCounter.kept_size)
        .returning(UserCounter.pruned_modseq, UserCounter.kept_size)
    )
    row = locked.one_or_none()
    if row is None:  # removed meanwhile
        return 0
    rows, pruned = _prune_journal(tx, one, row.pruned_modseq)
    excess = row.kept_size - one.room if one.room else 0
    return rows + _prune_messages(tx, one.user_id, pruned, excess)


def _prune_journal(tx: Session, one: Due, pruned: int) -> tuple[int, int]:
    """Rows forgotten, and the modseq up to which."""
    rows = (
        tx.connection()
        .execute(
            select(Journal.id, Journal.modseq, Journal.at)
            .where(Journal.user_id == one.user_id)
            .order_by(Journal.modseq, Journal.id)
            .limit(BATCH)
        )
        .all()
    )
    number = next((at for at, row in enumerate(rows) if row.at >= one.before), len(rows))
    if not number:
        return 0, pruned
    last, until = rows[number - 1], max(row.at for row in rows[:number])
    tx.connection().execute(
        delete(Journal).where(Journal.user_id == one.user_id, Journal.modseq <= last.modseq, Journal.id <= last.id)
    )
    later = case((UserCounter.kept_since > until, UserCounter.kept_since), else_=until)
    tx.connection().execute(
        update(UserCounter)
        .where(UserCounter.user_id == one.user_id)
        .values(pruned_modseq=max(pruned, last.modseq), kept_since=later)
    )
    return number, max(pruned, last.modseq)


def _prune_messages(tx: Session, user_id: int, pruned: int, excess: int) -> int:
    """Messages that went with changes that are forgotten, and the oldest others as far as there are too many bytes."""
    found = tx.connection().execute(
        select(Message.id, Message.gone, Message.size)
        .where(Message.user_id == user_id, Message.gone.is_not(None))
        .order_by(Message.gone, Message.id)
        .limit(BATCH)
    )
    ids: list[int] = []
    size = 0
    for row in found:
        if row.gone > pruned and size >= excess:
            break
        ids.append(row.id)
        size += row.size
    if ids:
        tx.connection().execute(delete(Message).where(Message.id.in_(bindparam("ids", expanding=True))), {"ids": ids})
        _count.run(tx.connection(), {"k_user": user_id, "b_messages": -len(ids), "b_size": -size})
    return len(ids)
