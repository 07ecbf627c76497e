"""Fuzzy keys (RFC 6203): which messages have all words of a text, and how well.

Only texts are fuzzy; any other key means what it always means (RFC 6203 §5 leaves that to us).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.orm import Session

from mailnode.store import query as q
from mailnode.store import texts
from mailnode.store.index import catalogue, fuzzy
from mailnode.store.models import Entry
from mailnode.store.search_head import field_values
from mailnode.store.search_rows import AnyRow, Test
from mailnode.store.search_text import LatestText, among

ALL = 100  # the relevancy of what is as wanted


def pushed(query: q.Query, *, inside: bool = False) -> q.Query:
    """The same query with FUZZY in front of its texts alone."""
    match query:
        case q.And(parts):
            return q.And(tuple(pushed(part, inside=inside) for part in parts))
        case q.Or(parts):
            return q.Or(tuple(pushed(part, inside=inside) for part in parts))
        case q.Not(part):
            return q.Not(pushed(part, inside=inside))
        case q.Fuzzy(part):
            return pushed(part, inside=True)
        case q.BodyText() | q.AnyText() | q.Header() if inside and fuzzy.words(texts.encoded(query.text)):
            return q.Fuzzy(query)
        case _:
            return query


class LikeText:
    """FUZZY BODY and FUZZY TEXT."""

    def __init__(self, tx: Session, user_id: int, key: q.BodyText | q.AnyText, latest: LatestText) -> None:
        self._words = fuzzy.words(texts.encoded(key.text))
        self._body_only = isinstance(key, q.BodyText)
        self._latest = latest
        self._tx = tx
        self.alike = catalogue.like(tx, user_id, self._words, body_only=self._body_only)

    def condition(self) -> ColumnElement[bool]:
        """Fulfilled by every message that has the words, and by few others."""
        if self.alike is None:
            return true()
        return or_(self.unsure(), among(self._tx, [*self.alike.found]))

    def unsure(self) -> ColumnElement[bool]:
        """The messages that must be looked into."""
        return true() if self.alike is None else Entry.message_id > self.alike.last_id

    def test(self) -> Test:
        return lambda row: self.how(row) > 0

    def how(self, row: AnyRow) -> int:
        if self.alike is not None and row.message_id <= self.alike.last_id:
            return self.alike.found.get(row.message_id, 0)
        text = self._latest.of(row)
        if self._body_only:
            return fuzzy.likeness(text.partition(b"\0")[2], self._words)
        return fuzzy.likeness(text + b"\n" + self._latest.prefix_of(row), self._words)


class LikeField:
    """FUZZY with a field of the header, which ``head`` reads."""

    def __init__(self, key: q.Header, head: Callable[[AnyRow], bytes]) -> None:
        self._words = fuzzy.words(texts.encoded(key.text))
        self._values = field_values(key.name.encode("ascii", "replace"))
        self._head = head

    def test(self) -> Test:
        return lambda row: self.how(row) > 0

    def how(self, row: AnyRow) -> int:
        found = (fuzzy.likeness(texts.encoded(value), self._words) for value in self._values(self._head(row)))
        return max(found, default=0)
