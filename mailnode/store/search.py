"""Search: the rows that SQL can pick out, and a check of the rest in memory.

A query becomes an SQL condition as far as columns can answer it, and text conditions are checked
row by row against what was decoded at delivery; nothing is parsed. A part that SQL can only narrow
(it may let too much through) is always checked again, so the answer is exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import zstandard
from sqlalchemy import ColumnElement, Text, and_, cast, false, func, not_, or_, select, true
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.message.digest import USUAL_FIELDS
from mailnode.store import query as q
from mailnode.store.blobs import Place
from mailnode.store.bodies import read_at
from mailnode.store.models import Blob, BlobText, Entry, Message
from mailnode.store.ranges import Range
from mailnode.store.search_head import ADDRESS_LISTS, field_test, folded, sent_day

# SQLite takes no deeper expression than a thousand, and a chain of ANDs or ORs is as deep as it is long.
MOST_RANGES = 100  # in the whole condition
PREFILTER_WORDS = 3
ROWS = 200  # read from the database at once
Test = Callable[[Row[*tuple[Any, ...]]], bool]
DAY = 86_400


def find(tx: Session, user_id: int, mailbox_id: int, query: q.Query) -> list[int]:
    """The uids in this mailbox that match, in order."""
    return [uid for _, uid in find_in(tx, user_id, [mailbox_id], query)]


def find_in(
    tx: Session, user_id: int, mailbox_ids: Sequence[int], query: q.Query, *, newest_first: bool = False
) -> list[tuple[int, int]]:
    """(mailbox id, uid) of the matches in these mailboxes, by mailbox and uid, or newest first."""
    search = _Search(tx, most_ranges=MOST_RANGES if _ranges_in(query) <= MOST_RANGES else 1)
    condition = search.narrow(query)
    test = None if search.exact(query) else search.test(query)
    statement = (
        select(Entry.mailbox_id, Entry.uid, *search.columns())
        .where(Entry.user_id == user_id, Entry.mailbox_id.in_(mailbox_ids), condition)
        .order_by(*_order(newest_first))
        .execution_options(yield_per=ROWS)  # never all texts of a mailbox in memory
    )
    if search.needs_message:
        statement = statement.join(Message, Message.id == Entry.message_id)
    if search.needs_text:
        statement = statement.outerjoin(BlobText, BlobText.blob_id == Message.blob_id)
    if search.needs_body:
        statement = statement.join(Blob, Blob.id == Message.blob_id)
    rows = tx.connection().execute(statement)
    return [(row[0], row[1]) for row in rows if test is None or test(row)]


def _order(newest_first: bool) -> tuple[Any, ...]:
    if newest_first:
        return Entry.internal_date.desc(), Entry.uid.desc()
    return Entry.mailbox_id, Entry.uid


def _ranges_in(query: q.Query) -> int:
    match query:
        case q.And(parts) | q.Or(parts):
            return sum(map(_ranges_in, parts))
        case q.Not(part):
            return _ranges_in(part)
        case q.Uids(ranges):
            return len(ranges)
        case _:
            return 0


class _Search:
    """One search: what it needs of the tables, its condition and its test."""

    def __init__(self, tx: Session, *, most_ranges: int) -> None:
        self.tx = tx
        self.most_ranges = most_ranges  # of one key that SQL may answer
        self.needs_message = False
        self.needs_text = False
        self.needs_body = False
        self.needs_all = False
        self._unpack = zstandard.ZstdDecompressor()
        self._row: Row[*tuple[Any, ...]] | None = None  # what was made of it last, however many ask
        self._text: bytes | None = None
        self._header: bytes | None = None

    def columns(self) -> list[Any]:
        wanted: list[Any] = []
        if self.needs_all:
            wanted += [
                Entry.flags, Entry.keywords, Entry.internal_date, Entry.saved_at, Entry.size, Entry.modseq,
                Entry.message_id, Message.conversation,
                Message.sent_at, Message.has_attachment, Message.subject, Message.sender, Message.head,
            ]  # fmt: skip
        if self.needs_text:
            wanted.append(BlobText.text)
        if self.needs_body:
            wanted += [Message.prefix, Message.header_size, Blob.segment, Blob.offset, Blob.stored]
        return wanted

    def exact(self, query: q.Query) -> bool:
        """True where the SQL condition alone is the answer; notes what a test will need otherwise."""
        match query:
            case q.And(parts) | q.Or(parts):
                return all([self.exact(part) for part in parts])  # noqa: C419 - each part must be asked
            case q.Not(part):
                return self.exact(part)
            case q.Header(name):
                self.needs_message = self.needs_all = True
                self.needs_body |= _field(name) not in USUAL_FIELDS
                return False
            case q.BodyText() | q.AnyText():
                self.needs_message = self.needs_all = self.needs_text = True
                return False
            case q.Uids(ranges) if len(ranges) > self.most_ranges:
                self.needs_message = self.needs_all = True
                return False
            case q.SentDay():
                self.needs_message = self.needs_all = True
                return False
            case q.Sent() | q.HasAttachment() | q.Conversation():
                self.needs_message = True
                return True
            case _:
                return True

    def narrow(self, query: q.Query) -> ColumnElement[bool]:
        """A condition that every match fulfils; exact where `exact` says so."""
        match query:
            case q.And(parts):
                return and_(true(), *(self.narrow(part) for part in parts))
            case q.Or(parts):
                return or_(false(), *(self.narrow(part) for part in parts))
            case q.Not(part):
                return not_(self.narrow(part)) if _Search(self.tx, most_ranges=self.most_ranges).exact(part) else true()
            case q.Header(name, text):
                return self._in_header(_field(name), text)
            case q.Uids(ranges) if len(ranges) > self.most_ranges:
                return Entry.uid.between(ranges[0][0], ranges[-1][1])
            case q.Uids(ranges):
                return or_(false(), *(Entry.uid.between(low, high) for low, high in ranges))
            case q.Received(start, stop):
                return _between(Entry.internal_date, start, stop)
            case q.Saved(start, stop):
                return _between(func.coalesce(Entry.saved_at, Entry.internal_date), start, stop)
            case q.Sent(start, stop):
                return and_(Message.sent_at.is_not(None), _between(Message.sent_at, start, stop))
            case q.SentDay(start, stop):
                earliest = start - DAY if start is not None else None
                latest = stop + DAY if stop is not None else None
                return and_(Message.sent_at.is_not(None), _between(Message.sent_at, earliest, latest))
            case _:
                return self._simple(query)

    def _in_header(self, field: bytes, text: str) -> ColumnElement[bool]:
        """Word by word, as far as SQL folds text as we do: for ASCII. Encoded words, comments in addresses and
        everything that is not ASCII pass."""
        words = text.lower().split()[:PREFILTER_WORDS]
        if not words or not text.isascii() or "\\" in text or field not in USUAL_FIELDS:
            return true()
        if field == b"subject":
            return and_(*(func.lower(Message.subject).contains(word, autoescape=True) for word in words))
        if is_sqlite(self.tx):
            head: ColumnElement[str] = cast(Message.head, Text)
            unsure = or_(func.length(head) != func.length(Message.head), func.instr(head, "=?") > 0)
            unsure = or_(unsure, func.instr(head, "(") > 0) if field in ADDRESS_LISTS else unsure
        else:
            head = func.encode(Message.head, "escape", type_=Text)  # a backslash for all that is not ASCII
            unsure = or_(*(head.contains(mark, autoescape=True) for mark in ("\\", "=?", "(")))
        lower = func.lower(head)
        return or_(and_(*(lower.contains(word, autoescape=True) for word in words)), unsure)

    def _simple(self, query: q.Query) -> ColumnElement[bool]:
        match query:
            case q.HasFlag(bit):
                return Entry.flags.op("&")(bit) != 0
            case q.HasKeyword(keyword):
                padded = " " + func.lower(Entry.keywords) + " "
                return padded.contains(f" {keyword.lower()} ", autoescape=True)
            case q.Larger(size):
                return Entry.size > size
            case q.Smaller(size):
                return Entry.size < size
            case q.ChangedSince(modseq):
                return Entry.modseq >= modseq
            case q.HasAttachment():
                return Message.has_attachment.is_(True)
            case q.EmailId(message_id):
                return Entry.message_id == message_id
            case q.Conversation(key):
                return Message.conversation == key
            case _:
                return true()

    def test(self, query: q.Query) -> Test:
        """The same question, asked of one row."""
        match query:
            case q.And(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: all(test(row) for test in tests)
            case q.Or(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: any(test(row) for test in tests)
            case q.Not(part):
                inner = self.test(part)
                return lambda row: not inner(row)
            case q.Header(name, text):
                return self._header_test(name, text)
            case q.BodyText(text):
                return self._text_test(text, body_only=True)
            case q.AnyText(text):
                return self._text_test(text, body_only=False)
            case _:
                return _row_test(query)

    def _header_test(self, name: str, text: str) -> Test:
        wanted, field = folded(text), _field(name)
        if name == "subject" and wanted:
            return lambda row: wanted in folded(row.subject)
        test = field_test(field, wanted)
        if field in USUAL_FIELDS:
            return lambda row: test(row.head)
        return lambda row: test(self._header_of(row))

    def _turn_to(self, row: Row[*tuple[Any, ...]]) -> None:
        if self._row is not row:
            self._row, self._text, self._header = row, None, None

    def _header_of(self, row: Row[*tuple[Any, ...]]) -> bytes:
        self._turn_to(row)
        if self._header is None:
            body = read_at(self.tx, Place(row.segment, row.offset, row.stored))
            self._header = bytes(row.prefix) + body[: row.header_size - len(row.prefix)]
        return self._header

    def _text_of(self, row: Row[*tuple[Any, ...]]) -> bytes:
        """Header, NUL, body; folded."""
        self._turn_to(row)
        if self._text is None:
            self._text = self._unpack.decompress(row.text) if row.text is not None else b"\0"
        return self._text

    def _text_test(self, text: str, *, body_only: bool) -> Test:
        """The stored text is folded already; what is sought is folded the same way."""
        wanted = text.casefold().encode("utf-8", "replace")
        if body_only:

            def in_body(row: Row[*tuple[Any, ...]]) -> bool:
                stored = self._text_of(row)
                return stored.find(wanted, stored.find(b"\0") + 1) >= 0

            return in_body
        return lambda row: row.text is not None and wanted in self._text_of(row)


def _row_test(query: q.Query) -> Test:
    """Questions that SQL answers exactly, for use inside OR and NOT beside text."""
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


def _field(name: str) -> bytes:
    return name.encode("ascii", "replace")


def _uids_test(ranges: Sequence[Range]) -> Test:
    lows = [low for low, _ in ranges]

    def among(row: Row[*tuple[Any, ...]]) -> bool:
        at = bisect_right(lows, row[1])
        return at > 0 and bool(row[1] <= ranges[at - 1][1])

    return among


def _on_day(row: Row[*tuple[Any, ...]], start: int | None, stop: int | None) -> bool:
    """The field itself is read only near the border: no zone is a day away from UTC."""
    if row.sent_at is None:
        return False
    far = all(border is None or abs(row.sent_at - border) > DAY for border in (start, stop))
    moment = row.sent_at if far else sent_day(row.head)
    return moment is not None and _inside(moment, start, stop)


def _between(column: Any, start: int | None, stop: int | None) -> ColumnElement[bool]:
    low = column >= start if start is not None else true()
    high = column < stop if stop is not None else true()
    return and_(low, high)


def _inside(value: int, start: int | None, stop: int | None) -> bool:
    return (start is None or value >= start) and (stop is None or value < stop)
