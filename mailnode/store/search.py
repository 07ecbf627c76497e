"""Search: the rows that SQL can pick out, and a check of the rest in memory.

A query becomes an SQL condition as far as columns and the index can answer it, and text conditions are checked row by
row against what was decoded at delivery; nothing is parsed. A part that SQL can only narrow (it may let too much
through) is always checked again, so the answer is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, Text, and_, cast, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.message.addresses import ADDRESS_LISTS
from mailnode.message.casemap import casemap
from mailnode.message.digest import USUAL_FIELDS
from mailnode.store import query as q
from mailnode.store import search_rows, search_text
from mailnode.store.blobs import Place
from mailnode.store.bodies import read_at
from mailnode.store.models import Blob, BlobText, Entry, Message
from mailnode.store.search_fuzzy import ALL, LikeField, LikeText, pushed
from mailnode.store.search_head import field_test, folded
from mailnode.store.search_rows import DAY, AnyRow, Test, row_test
from mailnode.store.search_text import LatestText, TextSearch

# SQLite takes no deeper expression than a thousand, and a chain of ANDs or ORs is as deep as it is long.
MOST_RANGES = 100  # in the whole condition
PREFILTER_WORDS = 3
UNCUT_SUBJECT = 256  # characters; a longer one may have been cut at delivery
ROWS = 200  # read from the database at once


def find(tx: Session, user_id: int, mailbox_id: int, query: q.Query) -> list[int]:
    """The uids in this mailbox that match, in order."""
    search = _Search(tx, user_id, most_ranges=MOST_RANGES if _ranges_in(query) <= MOST_RANGES else 1)
    return search.uids(mailbox_id, pushed(query))


def find_in(
    tx: Session, user_id: int, mailbox_ids: Sequence[int], query: q.Query, *, newest_first: bool = False
) -> list[tuple[int, int]]:
    """(mailbox id, uid) of the matches in these mailboxes, by mailbox and uid, or newest first."""
    search = _Search(tx, user_id, most_ranges=MOST_RANGES if _ranges_in(query) <= MOST_RANGES else 1)
    return [(row[0], row[1]) for row in search.matches(mailbox_ids, pushed(query), _order(newest_first))]


def find_scored(tx: Session, user_id: int, mailbox_id: int, query: q.Query) -> list[tuple[int, int]]:
    """The uids that match, in order, and the relevancy of each from 1 to 100 (RFC 6203 §4): how well the message
    fulfils the fuzzy keys that it does fulfil, on average."""
    search = _Search(tx, user_id, most_ranges=MOST_RANGES if _ranges_in(query) <= MOST_RANGES else 1)
    rows = search.matches([mailbox_id], pushed(query), _order(newest_first=False))
    return [(row[1], search.relevancy(row)) for row in rows]


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
    """One search: its condition, its test, and what both need of the tables."""

    def __init__(self, tx: Session, user_id: int, *, most_ranges: int) -> None:
        self.tx = tx
        self.user_id = user_id
        self.most_ranges = most_ranges  # of one key that SQL may answer
        self.needs_message = False
        self.needs_body = False
        self.texts: dict[q.Query, TextSearch | LikeText] = {}
        self._columns: dict[str, Any] = {}
        self._latest = LatestText(tx)
        self._fuzzy: dict[q.Query, LikeText | LikeField] = {}
        self._row: AnyRow | None = None  # whose header was read last
        self._header = b""

    def matches(self, mailbox_ids: Sequence[int], query: q.Query, order: Sequence[Any]) -> Iterator[AnyRow]:
        """Rows that begin with the mailbox id and the uid."""
        statement, test = self._statement(mailbox_ids, query, order)
        # Never all texts of a mailbox in memory.
        rows = self.tx.connection().execute(statement.execution_options(yield_per=ROWS))
        return (row for row in rows if test is None or test(row))

    def uids(self, mailbox_id: int, query: q.Query) -> list[int]:
        """In order. Nothing else is read where the condition is the answer."""
        statement, test = self._statement([mailbox_id], query, (Entry.uid,))
        if test is None:
            found: Any = self.tx.connection().execute(statement.with_only_columns(Entry.uid))
            return [uid for (uid,) in found.cursor.fetchall()]  # SQLAlchemy takes three times as long
        rows = self.tx.connection().execute(statement.execution_options(yield_per=ROWS))
        return [row[1] for row in rows if test(row)]

    def _statement(
        self, mailbox_ids: Sequence[int], query: q.Query, order: Sequence[Any]
    ) -> tuple[Select[*tuple[Any, ...]], Test | None]:
        """What is to be read, and what a row must pass then; None where it need not be asked."""
        condition = self.narrow(query)
        test = None if self.exact(query) else self.test(query)
        statement = (
            select(Entry.mailbox_id, Entry.uid, *self._columns.values())
            .select_from(Entry)
            .where(Entry.user_id == self.user_id, Entry.mailbox_id.in_(mailbox_ids), condition)
            .order_by(*order)
        )
        if test is not None or self.needs_message:
            statement = statement.join(Message, Message.id == Entry.message_id)
        if self.texts:
            unsure = or_(*(text.unsure() for text in self.texts.values()))
            statement = statement.outerjoin(BlobText, and_(BlobText.blob_id == Message.blob_id, unsure))
            if not self.needs_body:
                statement = statement.outerjoin(Blob, and_(Blob.id == Message.blob_id, unsure))
        if self.needs_body:
            statement = statement.join(Blob, Blob.id == Message.blob_id)
        return statement, test

    def relevancy(self, row: AnyRow) -> int:
        """Of a row that matches."""
        found = [how for key in self._fuzzy.values() if (how := key.how(row))]
        return sum(found) // len(found) if found else ALL

    def exact(self, query: q.Query) -> bool:
        """True where the SQL condition alone is the answer."""
        match query:
            case q.And(parts) | q.Or(parts):
                return all([self.exact(part) for part in parts])  # noqa: C419 - each part must be asked
            case q.Not(part):
                return self.exact(part)
            case q.Header() | q.BodyText() | q.AnyText() | q.Fuzzy() | q.SentDay():
                return False
            case q.Uids(ranges):
                return len(ranges) <= self.most_ranges
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
                return not_(self.narrow(part)) if self.exact(part) else true()
            case q.Header(name, text):
                return self._in_header(_field(name), text)
            case q.BodyText() | q.AnyText() | q.Fuzzy(q.BodyText() | q.AnyText()):
                return self._text(query).condition()
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

    def _text(self, key: q.BodyText | q.AnyText | q.Fuzzy) -> TextSearch | LikeText:
        """Each key asks the index once."""
        if key not in self.texts:
            if isinstance(key, q.Fuzzy):
                assert isinstance(key.part, q.BodyText | q.AnyText)
                self.texts[key] = self._fuzzy[key] = LikeText(self.tx, self.user_id, key.part, self._latest)
            else:
                self.texts[key] = TextSearch(self.tx, self.user_id, key, self._latest)
        return self.texts[key]

    def _in_header(self, field: bytes, text: str) -> ColumnElement[bool]:
        sought = [folded(text)] if field in USUAL_FIELDS else [folded(text), casemap(field.decode()) + ":"]
        indexed = search_text.in_header(self.tx, self.user_id, sought)
        return and_(indexed, self._by_words(field, text))

    def _by_words(self, field: bytes, text: str) -> ColumnElement[bool]:
        """Word by word, as far as SQL folds text as we do: for ASCII. Encoded words, comments in addresses and
        everything that is not ASCII pass."""
        words = text.lower().split()[:PREFILTER_WORDS]
        if not words or not text.isascii() or "\\" in text or field not in USUAL_FIELDS:
            return true()
        if field == b"subject":
            lower, unsure = func.lower(Message.subject), self._not_ascii(Message.subject)
            unsure = or_(unsure, func.length(Message.subject) > UNCUT_SUBJECT)
        elif is_sqlite(self.tx):
            head: ColumnElement[str] = cast(Message.head, Text)
            lower = func.lower(head)
            unsure = or_(func.length(head) != func.length(Message.head), func.instr(head, "=?") > 0)
            unsure = or_(unsure, func.instr(head, "(") > 0) if field in ADDRESS_LISTS else unsure
        else:
            head = func.encode(Message.head, "escape", type_=Text)  # a backslash for all that is not ASCII
            lower = func.lower(head)
            unsure = or_(*(head.contains(mark, autoescape=True) for mark in ("\\", "=?", "(")))
        return or_(and_(*(lower.contains(word, autoescape=True) for word in words)), unsure)

    def _not_ascii(self, text: Any) -> ColumnElement[bool]:
        octets = func.length(cast(text, LargeBinary)) if is_sqlite(self.tx) else func.octet_length(text)
        return octets != func.length(text)

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
            case q.BodyText() | q.AnyText() | q.Fuzzy(q.BodyText() | q.AnyText()):
                self._want(*search_text.COLUMNS)
                return self._text(query).test()
            case q.Fuzzy(q.Header(name) as key):
                field = LikeField(key, self._head(_field(name)))
                self._fuzzy[query] = field
                return field.test()
            case _:
                self._want(*search_rows.columns(query))
                return row_test(query)

    def _want(self, *columns: Any) -> None:
        self._columns.update((str(column), column) for column in columns)

    def _header_test(self, name: str, text: str) -> Test:
        wanted, field = folded(text), _field(name)
        test, head = field_test(field, wanted), self._head(field)
        if field == b"subject" and wanted:
            self._want(Message.subject)
            return lambda row: wanted in folded(row.subject) or (len(row.subject) > UNCUT_SUBJECT and test(row.head))
        return lambda row: test(head(row))

    def _head(self, field: bytes) -> Callable[[AnyRow], bytes]:
        """Where a field is read: among the kept lines, or in the body."""
        if field in USUAL_FIELDS:
            self._want(Message.head)
            return lambda row: bytes(row.head)
        self.needs_body = True
        self._want(Message.prefix, Message.header_size, Blob.segment, Blob.offset, Blob.stored)
        return self._header_of

    def _header_of(self, row: AnyRow) -> bytes:
        if self._row is not row:
            body = read_at(self.tx, Place(row.segment, row.offset, row.stored))
            self._row = row
            self._header = bytes(row.prefix) + body[: row.header_size - len(row.prefix)]
        return self._header


def _field(name: str) -> bytes:
    return name.encode("ascii", "replace")


def _between(column: Any, start: int | None, stop: int | None) -> ColumnElement[bool]:
    low = column >= start if start is not None else true()
    high = column < stop if stop is not None else true()
    return and_(low, high)
