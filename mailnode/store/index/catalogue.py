"""The segments of a user in the database, and what the index says to a sought text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TypeVar

import zstandard
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.prepared import Prepared
from mailnode.store.index.fuzzy import FuzzyReader, either, together
from mailnode.store.index.segment import Field, FieldReader, Segment, unpacked_ids
from mailnode.store.index.terms import Wanted, wanted
from mailnode.store.models import SearchBlock, SearchSegment

R = TypeVar("R", bound=FieldReader)
T = TypeVar("T")
_log = log.get("index")
VOCABULARY = 0  # the number of its block; those of the lists follow
TRIES = 3


class SegmentGone(Exception):
    """A longer segment has taken its place meanwhile."""


class FieldName(IntEnum):
    """The fields; the numbers are kept in the database."""

    HEADER = 0
    BODY = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment that is there: of the messages behind those of the one before it, up to ``last_id``."""

    id: int
    last_id: int
    messages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the index says to a sought text: the ids of messages that have it for sure, and of those that may.

    Of the messages behind ``last_id`` it knows nothing; no other one has the text.
    """

    sure: list[int]
    maybe: list[int]
    last_id: int


@dataclass(frozen=True, slots=True)
class Alike:
    """What the index says to words: the messages that have all of them, by their ids, and how well (1 to 100).

    Of the messages behind ``last_id`` it knows nothing; no other one has the words."""

    found: dict[int, int]
    last_id: int


_own = SearchSegment.user_id == bindparam("user_id")
_kept = select(SearchSegment.id, SearchSegment.last_id, SearchSegment.messages).where(_own)
_kept = _kept.order_by(SearchSegment.last_id)
_all_ids = select(SearchSegment.id, SearchSegment.last_id, SearchSegment.messages, SearchSegment.ids).where(_own)
_all_ids = _all_ids.order_by(SearchSegment.last_id)
_ids = select(SearchSegment.ids).where(_own, SearchSegment.id == bindparam("segment_id"))
_block = Prepared(
    select(SearchBlock.data).where(
        SearchBlock.user_id == bindparam("user_id"),
        SearchBlock.segment_id == bindparam("segment_id"),
        SearchBlock.field == bindparam("field"),
        SearchBlock.number == bindparam("number"),
    )
)
_add_segment = insert(SearchSegment).returning(SearchSegment.id)
_add_block = Prepared(insert(SearchBlock), "user_id", "segment_id", "field", "number", "data")


def segments(tx: Session, user_id: int) -> list[Kept]:
    """In the order of their messages."""
    rows = tx.connection().execute(_kept, {"user_id": user_id})
    return [Kept(row.id, row.last_id, row.messages) for row in rows]


def message_ids(tx: Session, user_id: int, segment_id: int) -> list[int]:
    """The messages of a segment, whether they are still there or not."""
    packed: bytes = tx.connection().execute(_ids, {"user_id": user_id, "segment_id": segment_id}).scalar_one()
    return unpacked_ids(packed)


def ask(tx: Session, user_id: int, text: str, *, body_only: bool) -> Answer | None:
    """What the index says to a folded text; None where it cannot say anything."""
    fields = (FieldName.BODY,) if body_only else (FieldName.BODY, FieldName.HEADER)
    return _asked(tx, user_id, wanted(text), fields)


def ask_header(tx: Session, user_id: int, sought: Sequence[str]) -> Answer | None:
    """Which messages may have these folded texts in the same field of their header; None where it cannot say."""
    parts = tuple(part for text in sought for part in wanted(text).parts)
    return _asked(tx, user_id, Wanted(parts, exact=False), (FieldName.HEADER,))


def _asked(tx: Session, user_id: int, asked: Wanted, fields: tuple[FieldName, ...]) -> Answer | None:
    return _tried(lambda: _answer(tx, user_id, asked, fields)) if asked.parts else None


def _tried(ask: Callable[[], T | None]) -> T | None:
    """An answer of the index; None where it has none, and the mail itself must be looked into."""
    for _ in range(TRIES):
        try:
            return ask()
        except SegmentGone:  # PostgreSQL shows each statement what is there by then
            continue
        except zstandard.ZstdError as error:  # the consistency checker mends it
            _log.error("search index damaged", error=str(error))
            return None
    return None


def _answer(tx: Session, user_id: int, asked: Wanted, fields: tuple[FieldName, ...]) -> Answer | None:
    found: list[int] = []
    last_id = 0
    for row in tx.connection().execute(_all_ids, {"user_id": user_id}):
        last_id = row.last_id
        kept = Kept(row.id, row.last_id, row.messages)
        numbers = set().union(*(reader(tx, user_id, kept, field).having(asked.parts) for field in fields))
        if numbers:
            ids = unpacked_ids(row.ids)
            found += [ids[number] for number in sorted(numbers)]
    if not last_id:
        return None
    return Answer(found, [], last_id) if asked.exact else Answer([], found, last_id)


def like(tx: Session, user_id: int, words: Sequence[bytes], *, body_only: bool) -> Alike | None:
    """Which messages have words like these; None where the index cannot say."""
    fields = (FieldName.BODY,) if body_only else (FieldName.BODY, FieldName.HEADER)
    return _tried(lambda: _alike(tx, user_id, words, fields))


def _alike(tx: Session, user_id: int, words: Sequence[bytes], fields: tuple[FieldName, ...]) -> Alike | None:
    found: dict[int, int] = {}
    last_id = 0
    for row in tx.connection().execute(_all_ids, {"user_id": user_id}):
        last_id = row.last_id
        kept = Kept(row.id, row.last_id, row.messages)
        readers = [_opened(FuzzyReader, tx, user_id, kept, field) for field in fields]
        numbers = together(either(one.like(word) for one in readers) for word in words)
        if numbers:
            ids = unpacked_ids(row.ids)
            found |= {ids[number]: how for number, how in numbers.items()}
    return Alike(found, last_id) if last_id else None


def reader(tx: Session, user_id: int, segment: Kept, field: FieldName) -> FieldReader:
    """One field of a segment. Raises SegmentGone."""
    return _opened(FieldReader, tx, user_id, segment, field)


def _opened(kind: type[R], tx: Session, user_id: int, segment: Kept, field: FieldName) -> R:
    block = partial(_read_block, tx, user_id, segment.id, field)
    return kind(block(VOCABULARY), segment.messages, lambda number: block(number + VOCABULARY + 1))


def _read_block(tx: Session, user_id: int, segment_id: int, field: FieldName, number: int) -> bytes:
    keys = {"user_id": user_id, "segment_id": segment_id, "field": int(field), "number": number}
    row = _block.run(tx.connection(), keys).fetchone()
    if row is None:
        raise SegmentGone
    data: bytes = row[0]
    return data


def add(tx: Session, user_id: int, segment: Segment, last_id: int) -> None:
    """Keep a segment."""
    row = {"user_id": user_id, "last_id": last_id, "messages": segment.messages, "ids": segment.ids}
    segment_id = tx.connection().execute(_add_segment, row).scalar_one()
    blocks = [*_blocks(FieldName.HEADER, segment.header), *_blocks(FieldName.BODY, segment.body)]
    _add_block.many(
        tx.connection(),
        [
            {"user_id": user_id, "segment_id": segment_id, "field": int(field), "number": number, "data": data}
            for field, number, data in blocks
        ],
    )


def _blocks(name: FieldName, field: Field) -> Iterator[tuple[FieldName, int, bytes]]:
    yield name, VOCABULARY, field.vocabulary
    for number, block in enumerate(field.blocks, start=VOCABULARY + 1):
        yield name, number, block


def remove(tx: Session, user_id: int, segment_ids: list[int]) -> None:
    """Forget segments."""
    for table, column in ((SearchBlock, SearchBlock.segment_id), (SearchSegment, SearchSegment.id)):
        tx.connection().execute(delete(table).where(table.user_id == user_id, column.in_(segment_ids)))
