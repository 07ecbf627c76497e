"""What the index worker does for one user, in small steps: plan, read texts, gather terms, keep the segment.

- The newest messages stay out of the index until there are `LEAST` of them, or some large ones: to look into so few
  takes a search no time, and a segment for each message would make every search slow.
- A new segment takes in the last ones that are not longer than itself, up to `MOST_MESSAGES`. So a message is gathered
  again five times at most, and a user has few segments.
- Expunged messages go when their segment is made anew; `stale` finds one that has many.

Reading and writing are short transactions of their own; what takes time, gathering, is done outside of any. Whoever
keeps a segment looks whether the index still is as it was planned for: of two workers the second one's work is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from mailnode.errors import StoreDamaged
from mailnode.store import bodies, texts
from mailnode.store.blobs import Place
from mailnode.store.index import catalogue
from mailnode.store.index.catalogue import Kept
from mailnode.store.index.segment import MOST_MESSAGES, Builder, Segment
from mailnode.store.index.terms import terms
from mailnode.store.models import Blob, BlobText, Message, UserCounter

LEAST = 128  # messages
LARGE = 4 * 1024 * 1024  # octets of fewer messages
BATCH = 64  # texts read at once,
TOGETHER = 8 * 1024 * 1024  # or fewer, of so many octets
STALE = 8  # one of so many messages of a segment is gone


@dataclass(frozen=True, slots=True)
class Plan:
    """A segment of the messages behind ``after`` up to ``last_id`` in the place of ``replaced``.

    ``there`` is the index that the plan was made for. ``open``: it will be the last segment, so it may also end
    before ``last_id``; one in the middle must not leave a gap."""

    user_id: int
    after: int
    last_id: int
    replaced: tuple[int, ...]
    there: tuple[Kept, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A message's own trace fields, and its text as it is kept, or its body where it is not."""

    message_id: int
    prefix: bytes
    packed: bytes | None
    raw: bytes = b""
    header_size: int = 0
    parts: bytes = b""

    def folded(self) -> bytes:
        if self.packed is not None:
            return texts.unpack(self.packed)
        return texts.of_body(self.raw, self.header_size, self.parts)


Look = Callable[[Session, int], Plan | None]
_stretch = (
    Message.user_id == bindparam("user_id"),
    Message.id > bindparam("after"),
    Message.id <= bindparam("last_id"),
)
_texts = (
    select(
        Message.id,
        Message.prefix,
        Message.header_size,
        Message.parts,
        BlobText.text,
        Blob.segment,
        Blob.offset,
        Blob.stored,
    )
    .join(Blob, Blob.id == Message.blob_id)
    .outerjoin(BlobText, BlobText.blob_id == Message.blob_id)
    .where(*_stretch)
    .order_by(Message.id)
    .limit(BATCH)
)
_ids = select(Message.id).where(*_stretch).order_by(Message.id).limit(bindparam("most"))
_size = select(func.sum(Message.size)).where(*_stretch)
_users = (
    select(UserCounter.user_id)
    .where(UserCounter.user_id > bindparam("after"))
    .order_by(UserCounter.user_id)
    .limit(bindparam("most"))
)
_lock = select(UserCounter.user_id).where(UserCounter.user_id == bindparam("user_id")).with_for_update()
_longest_id = 2**62


def users(tx: Session, after: int, most: int) -> list[int]:
    """The next user ids behind ``after``."""
    return list(tx.connection().execute(_users, {"after": after, "most": most}).scalars())


def behind(tx: Session, user_id: int, *, least: int = LEAST) -> Plan | None:
    """What to index next of the user's messages; None where there is nothing worth it."""
    there = catalogue.segments(tx, user_id)
    indexed = there[-1].last_id if there else 0
    fresh = _message_ids(tx, user_id, indexed, _longest_id, MOST_MESSAGES)
    if not fresh or (len(fresh) < least and not _are_large(tx, user_id, indexed)):
        return None
    last_id, count = fresh[-1], len(fresh)
    replaced: list[Kept] = []
    while there[: len(there) - len(replaced)]:
        shorter = there[-1 - len(replaced)]
        if shorter.messages > count or shorter.messages + count > MOST_MESSAGES:
            break
        replaced.append(shorter)
        count += shorter.messages
    left = there[: len(there) - len(replaced)]
    after = left[-1].last_id if left else 0
    return Plan(user_id, after, last_id, tuple(one.id for one in replaced), tuple(there), open=True)


def stale(tx: Session, user_id: int) -> Plan | None:
    """A segment to be made anew, because many of its messages are gone; None where all are in order."""
    there = catalogue.segments(tx, user_id)
    after = 0
    for segment in there:
        left = len(_message_ids(tx, user_id, after, segment.last_id, segment.messages))
        if left < segment.messages and (segment.messages - left) * STALE >= segment.messages:
            return Plan(user_id, after, segment.last_id, (segment.id,), tuple(there), open=False)
        after = segment.last_id
    return None


def _message_ids(tx: Session, user_id: int, after: int, last_id: int, most: int) -> list[int]:
    keys = {"user_id": user_id, "after": after, "last_id": last_id, "most": most}
    return list(tx.connection().execute(_ids, keys).scalars())


def _are_large(tx: Session, user_id: int, indexed: int) -> bool:
    keys = {"user_id": user_id, "after": indexed, "last_id": _longest_id}
    return (tx.connection().execute(_size, keys).scalar() or 0) >= LARGE


def read(tx: Session, plan: Plan, after: int) -> list[Text]:
    """The next texts of a plan behind the message ``after``; none only where there are no more."""
    keys = {"user_id": plan.user_id, "after": max(after, plan.after), "last_id": plan.last_id}
    found: list[Text] = []
    octets = 0
    for row in tx.connection().execute(_texts, keys).all():
        if octets >= TOGETHER:
            break
        found.append(_text(tx, row))
        octets += len(found[-1].packed or found[-1].raw)
    return found


def _text(tx: Session, row: Any) -> Text:
    prefix = bytes(row.prefix)
    if row.text is not None:
        return Text(row.id, prefix, row.text)
    try:
        raw = bodies.read_at(tx, Place(row.segment, row.offset, row.stored))
    except StoreDamaged:  # it has no words, and the others must not wait for it
        return Text(row.id, prefix, texts.pack("\0"))
    return Text(row.id, prefix, None, raw, row.header_size - len(prefix), row.parts)


def is_done(plan: Plan, builder: Builder) -> bool:
    """The segment takes no more, whatever there is."""
    return plan.open and builder.full


def gather(builder: Builder, found: Sequence[Text]) -> None:
    """Add texts to a segment. Pure, and what takes the time."""
    for one in found:
        header, _, body = one.folded().partition(b"\0")
        own = texts.folded_prefix(one.prefix)
        builder.add(one.message_id, terms(header) | terms(own) if own else terms(header), terms(body))


def keep(tx: Session, plan: Plan, segment: Segment, last_id: int) -> bool:
    """Put the segment in its place; ``last_id`` is its last message's. False: the index has changed meanwhile."""
    if tx.connection().execute(_lock, {"user_id": plan.user_id}).scalar() is None:
        return False  # the user is gone
    if tuple(catalogue.segments(tx, plan.user_id)) != plan.there:
        return False
    catalogue.remove(tx, plan.user_id, list(plan.replaced))
    if segment.messages:
        catalogue.add(tx, plan.user_id, segment, last_id if plan.open else plan.last_id)
    return True


def fill_now(tx: Session, user_id: int, *, least: int = 1) -> None:
    """Index everything of a user in one transaction: for tools and tests."""
    while (plan := stale(tx, user_id) or behind(tx, user_id, least=least)) is not None:
        builder = Builder()
        while not is_done(plan, builder) and (found := read(tx, plan, builder.last_id)):
            gather(builder, found)
        keep(tx, plan, builder.finish(), builder.last_id)
