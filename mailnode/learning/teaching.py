"""A model for each user: made, kept and forgotten.

Learning takes time and is done outside of any transaction: `plan` reads, `learned` counts, `keep` writes, and looks
whether the model still is what it was. Of two who learn the same lessons the second one's work is lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from mailnode.directory.models import User
from mailnode.errors import StoreDamaged
from mailnode.learning.lessons import Lesson
from mailnode.learning.model import LEAST, Model
from mailnode.learning.models import LearnedFilter, LearnedMessage, LearnedUpTo
from mailnode.learning.tokens import LOOKED_AT, tokens
from mailnode.octets import Octets
from mailnode.store import bodies
from mailnode.store.blobs import Place
from mailnode.store.models import Blob, Message

REMEMBERED = 5000  # messages of a user whose lessons can be taken back


@dataclass(frozen=True, slots=True)
class Text:
    """A message to learn: what is to be added to the counts of junk and of wanted mail."""

    lesson: Lesson
    raw: bytes
    more_junk: int
    more_wanted: int


@dataclass(frozen=True, slots=True)
class Plan:
    """``version`` is the one that the model was read with, 0 for a user who has none yet."""

    user_id: int
    version: int
    model: Model
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """What a user's filter has learned, and whether that is enough to judge by. ``taught_at`` in seconds."""

    junk: int
    wanted: int
    tokens: int
    taught_at: int

    @property
    def judges(self) -> bool:
        return self.junk >= LEAST and self.wanted >= LEAST


def plan(tx: Session, user_id: int, lessons: Sequence[Lesson]) -> Plan | None:
    """What there is to learn of these lessons of a user; None when all is known."""
    row = tx.get(LearnedFilter, user_id)
    model = Model.unpack(row.junk, row.wanted, row.tokens) if row else Model()
    forgotten = row.taught_at if row and not (row.junk or row.wanted) else -1
    texts = [text for one in lessons if one.at > forgotten and (text := _text(tx, one)) is not None]
    return Plan(user_id, row.version if row else 0, model, tuple(texts)) if texts else None


def _text(tx: Session, lesson: Lesson) -> Text | None:
    known = tx.get(LearnedMessage, (lesson.user_id, lesson.message_id))
    if known is not None and known.junk is lesson.junk:
        return None
    taken_back = -1 if known is not None else 0
    raw = _body(tx, lesson)
    if raw is None:
        return None
    more = (1, taken_back) if lesson.junk else (taken_back, 1)
    return Text(lesson, raw[:LOOKED_AT], *more)


def _body(tx: Session, lesson: Lesson) -> Octets | None:
    place = select(Blob.segment, Blob.offset, Blob.stored).join(Message, Message.blob_id == Blob.id)
    row = tx.execute(place.where(Message.id == lesson.message_id, Message.user_id == lesson.user_id)).one_or_none()
    if row is None:
        return None
    try:
        return bodies.opener(tx)(Place(*row))
    except StoreDamaged:
        return None


def learned(plan: Plan) -> Model:
    """Pure, and what takes the time."""
    return plan.model.taught((tokens(text.raw), text.more_junk, text.more_wanted) for text in plan.texts)


def keep(tx: Session, plan: Plan, model: Model) -> bool:
    """Put the model in the place of the one it was made from. False: that one has changed meanwhile."""
    user = tx.execute(select(User.id).where(User.id == plan.user_id).with_for_update()).scalar()
    row = tx.get(LearnedFilter, plan.user_id, populate_existing=True)
    if user is None or (row.version if row else 0) != plan.version:
        return False
    now = int(time.time())
    if row is None:
        row = LearnedFilter(user_id=plan.user_id, version=0)
        tx.add(row)
    row.junk, row.wanted, row.tokens = model.junk, model.wanted, model.pack()
    row.taught_at, row.version = now, plan.version + 1
    for text in plan.texts:
        lesson = text.lesson
        tx.merge(LearnedMessage(user_id=lesson.user_id, message_id=lesson.message_id, junk=lesson.junk, learned_at=now))
    tx.execute(update(User).where(User.id == plan.user_id).values(taught=model.has_opinion))
    tx.flush()
    _forget_oldest(tx, plan.user_id)
    return True


def _forget_oldest(tx: Session, user_id: int) -> None:
    newest = select(LearnedMessage.learned_at).where(LearnedMessage.user_id == user_id)
    newest = newest.order_by(LearnedMessage.learned_at.desc()).offset(REMEMBERED).limit(1)
    oldest = tx.execute(newest).scalar()
    if oldest is not None:
        own = (LearnedMessage.user_id == user_id, LearnedMessage.learned_at <= oldest)
        tx.execute(delete(LearnedMessage).where(*own))


def teach(tx: Session, user_id: int, lessons: Sequence[Lesson]) -> bool:
    """All of it in one transaction: for tools and tests."""
    found = plan(tx, user_id, lessons)
    return found is not None and keep(tx, found, learned(found))


def status(tx: Session, user_id: int) -> Status:
    """All zero for a user who has taught nothing."""
    row = tx.get(LearnedFilter, user_id)
    return Status(row.junk, row.wanted, len(row.tokens) // 8, row.taught_at) if row else Status(0, 0, 0, 0)


def forget(tx: Session, user_id: int) -> None:
    """Begin anew. What was taught until now is not learned again: an empty model says when that was."""
    empty = {"junk": 0, "wanted": 0, "tokens": b"", "taught_at": int(time.time())}
    own = update(LearnedFilter).where(LearnedFilter.user_id == user_id)
    tx.execute(own.values(**empty, version=LearnedFilter.version + 1))
    tx.execute(delete(LearnedMessage).where(LearnedMessage.user_id == user_id))
    tx.execute(update(User).where(User.id == user_id).values(taught=False))


def place_in_journal(tx: Session, reader: str) -> int | None:
    """Up to which change lessons were learned; None where nobody has begun."""
    row = tx.get(LearnedUpTo, reader)
    return row.journal_id if row else None


def remember_place(tx: Session, reader: str, journal_id: int) -> None:
    tx.merge(LearnedUpTo(reader=reader, journal_id=journal_id))
