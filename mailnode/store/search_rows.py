"""Questions that SQL answers exactly, asked of one row instead: for use inside OR and NOT beside text.

A row begins with the mailbox's id and the uid; `columns` says what else it must have.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.engine import Row

from mailnode.store import query as q
from mailnode.store.models import Entry, Message
from mailnode.store.ranges import Range
from mailnode.store.search_head import sent_day

DAY = 86_400
AnyRow = Row[*tuple[Any, ...]]
Test = Callable[[AnyRow], bool]


def columns(query: q.Query) -> tuple[Any, ...]:
    """What `row_test` wants to find in a row."""
    match query:
        case q.HasFlag():
            return (Entry.flags,)
        case q.HasKeyword():
            return (Entry.keywords,)
        case q.Received():
            return (Entry.internal_date,)
        case q.Saved():
            return (Entry.internal_date, Entry.saved_at)
        case q.Sent():
            return (Message.sent_at,)
        case q.SentDay():
            return (Message.sent_at, Message.head)
        case q.Larger() | q.Smaller():
            return (Entry.size,)
        case q.ChangedSince():
            return (Entry.modseq,)
        case q.HasAttachment():
            return (Message.has_attachment,)
        case q.EmailId():
            return (Entry.message_id,)
        case q.Conversation():
            return (Message.conversation,)
        case _:
            return ()


def row_test(query: q.Query) -> Test:
    match query:
        case q.HasFlag(bit):
            return lambda row: bool(row.flags & bit)
        case q.HasKeyword(keyword):
            wanted = keyword.lower()
            return lambda row: wanted in row.keywords.lower().split()
        case q.Uids(ranges):
            return _uids_test(ranges)
        case q.Received(start, stop):
            return lambda row: _inside(row.internal_date, start, stop)
        case q.Saved(start, stop):
            return lambda row: _inside(row.internal_date if row.saved_at is None else row.saved_at, start, stop)
        case q.Sent(start, stop):
            return lambda row: row.sent_at is not None and _inside(row.sent_at, start, stop)
        case q.SentDay(start, stop):
            return lambda row: _on_day(row, start, stop)
        case q.Larger(size):
            return lambda row: bool(row.size > size)
        case q.Smaller(size):
            return lambda row: bool(row.size < size)
        case q.ChangedSince(modseq):
            return lambda row: bool(row.modseq >= modseq)
        case q.HasAttachment():
            return lambda row: bool(row.has_attachment)
        case _:
            return _id_test(query)


def _id_test(query: q.Query) -> Test:
    match query:
        case q.EmailId(message_id):
            return lambda row: bool(row.message_id == message_id)
        case q.Conversation(key):
            return lambda row: bool(row.conversation == key)
        case _:
            return lambda row: True


def _uids_test(ranges: Sequence[Range]) -> Test:
    lows = [low for low, _ in ranges]

    def among(row: AnyRow) -> bool:
        at = bisect_right(lows, row[1])
        return at > 0 and bool(row[1] <= ranges[at - 1][1])

    return among


def _on_day(row: AnyRow, start: int | None, stop: int | None) -> bool:
    """The field itself is read only near the border: no zone is a day away from UTC."""
    if row.sent_at is None:
        return False
    far = all(border is None or abs(row.sent_at - border) > DAY for border in (start, stop))
    moment = row.sent_at if far else sent_day(row.head)
    return moment is not None and _inside(moment, start, stop)


def _inside(value: int, start: int | None, stop: int | None) -> bool:
    return (start is None or value >= start) and (stop is None or value < stop)
