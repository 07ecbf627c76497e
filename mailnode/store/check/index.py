"""The search index against the messages: every message up to the last id of the last segment is in some segment.

A segment that is wrong goes, and with it all behind it: what is not in the index is scanned by searches, and the index
worker takes it in again.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.store.check.counters import lock
from mailnode.store.check.faults import Fault, Kind
from mailnode.store.index import catalogue
from mailnode.store.index.catalogue import VOCABULARY, FieldName, Kept
from mailnode.store.index.segment import BLOCK, FieldReader
from mailnode.store.models import Message, SearchBlock


def look(tx: Session, user_id: int, address: str, *, mend: bool) -> list[Fault]:
    """The first segment of a user that is wrong."""
    if mend:
        lock(tx, user_id)
    there, after = catalogue.segments(tx, user_id), 0
    for at, segment in enumerate(there):
        why = _fault_of(tx, user_id, segment, after)
        if why and (mend or catalogue.segments(tx, user_id) == there):
            if mend:
                catalogue.remove(tx, user_id, [one.id for one in there[at:]])
            return [Fault(Kind.INDEX, f"{address} segment {segment.id}", why, "", mend)]
        after = segment.last_id
    return []


def _fault_of(tx: Session, user_id: int, segment: Kept, after: int) -> str:
    try:
        ids = catalogue.message_ids(tx, user_id, segment.id)
        known = set(ids)
        if len(known) != segment.messages or (ids and not after < min(ids) <= max(ids) <= segment.last_id):
            return "other messages than it says"
        missing = [one for one in _messages(tx, user_id, after, segment.last_id) if one not in known]
        if missing:
            return f"message {missing[0]} is not in it"
        for field in FieldName:
            _read_through(tx, user_id, segment, field)
    except Exception as error:  # whatever comes of bytes that are not what was written
        return f"cannot be read: {type(error).__name__}"
    return ""


def _messages(tx: Session, user_id: int, after: int, last: int) -> list[int]:
    found = select(Message.id).where(Message.user_id == user_id, Message.id > after, Message.id <= last)
    return list(tx.connection().execute(found).scalars())


def _read_through(tx: Session, user_id: int, segment: Kept, field: FieldName) -> None:
    """Every list of every term; raises what comes of it."""
    rows = tx.connection().execute(
        select(SearchBlock.number, SearchBlock.data).where(
            SearchBlock.user_id == user_id, SearchBlock.segment_id == segment.id, SearchBlock.field == int(field)
        )
    )
    blocks = {row.number: row.data for row in rows}
    reader = FieldReader(blocks[VOCABULARY], segment.messages, lambda number: blocks[number + VOCABULARY + 1])
    terms = reader.vocabulary.count(b"\n") - 1 if reader.vocabulary.strip(b"\n") else 0
    for start in range(0, terms, BLOCK):
        reader.messages(range(start, min(start + BLOCK, terms)))
