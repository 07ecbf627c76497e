"""BODY and TEXT: answered from the index where it can, else by looking into the kept text.

The two agree: a message that the index is sure of has the text, one that it does not name has it not, and every other
one (a candidate, or what is not indexed yet) is looked into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.errors import StoreDamaged
from mailnode.store import query as q
from mailnode.store import texts
from mailnode.store.blobs import Place
from mailnode.store.bodies import read_at
from mailnode.store.index import catalogue
from mailnode.store.index.catalogue import Answer
from mailnode.store.models import Blob, BlobText, Entry, Message

AnyRow = Row[*tuple[Any, ...]]
# What `TextSearch.test` wants to find in a row.
COLUMNS = (
    Entry.message_id,
    Message.prefix,
    Message.header_size,
    Message.parts,
    BlobText.text,
    Blob.segment,
    Blob.offset,
    Blob.stored,
)


class LatestText:
    """The text of the row that was asked for last, however many keys ask."""

    def __init__(self, tx: Session) -> None:
        self._tx = tx
        self._row: AnyRow | None = None
        self._text = b""
        self._prefix: bytes | None = None

    def of(self, row: AnyRow) -> bytes:
        """Header, NUL, body; folded."""
        self._turn_to(row)
        return self._text

    def prefix_of(self, row: AnyRow) -> bytes:
        self._turn_to(row)
        if self._prefix is None:
            self._prefix = texts.folded_prefix(bytes(row.prefix))
        return self._prefix

    def _turn_to(self, row: AnyRow) -> None:
        if self._row is not row:
            self._row, self._prefix = row, None
            self._text = self._made(row) if row.text is None else texts.unpack(row.text)

    def _made(self, row: AnyRow) -> bytes:
        try:
            raw = read_at(self._tx, Place(row.segment, row.offset, row.stored))
        except StoreDamaged:  # its words are lost, and those of others are still to be found
            return b"\0"
        return texts.of_body(raw, row.header_size - len(row.prefix), row.parts)


class TextSearch:
    """One BODY or TEXT key: what the index says to it, and the look into what it does not say."""

    def __init__(self, tx: Session, user_id: int, key: q.BodyText | q.AnyText, latest: LatestText) -> None:
        self._wanted = texts.encoded(key.text)
        self._body_only = isinstance(key, q.BodyText)
        self._latest = latest
        self._tx = tx
        self.answer = catalogue.ask(tx, user_id, self._wanted.decode(), body_only=self._body_only)

    def condition(self) -> ColumnElement[bool]:
        """Fulfilled by every message that has the text, and by few others."""
        if self.answer is None:
            return true()
        return or_(_behind(self.answer), among(self._tx, self.answer.sure + self.answer.maybe))

    def unsure(self) -> ColumnElement[bool]:
        """The messages that must be looked into."""
        if self.answer is None:
            return true()
        return or_(_behind(self.answer), among(self._tx, self.answer.maybe))

    def test(self) -> Callable[[AnyRow], bool]:
        has_text = self._in_body if self._body_only else self._anywhere
        if self.answer is None:
            return has_text
        sure, maybe, last_id = {*self.answer.sure}, {*self.answer.maybe}, self.answer.last_id

        def test(row: AnyRow) -> bool:
            at = row.message_id
            return at in sure or ((at > last_id or at in maybe) and has_text(row))

        return test

    def _in_body(self, row: AnyRow) -> bool:
        text = self._latest.of(row)
        return text.find(self._wanted, text.find(b"\0") + 1) >= 0

    def _anywhere(self, row: AnyRow) -> bool:
        return self._wanted in self._latest.of(row) or self._wanted in self._latest.prefix_of(row)


def in_header(tx: Session, user_id: int, sought: Sequence[str]) -> ColumnElement[bool]:
    """Fulfilled by every message that has these folded texts in the same field of its header."""
    answer = catalogue.ask_header(tx, user_id, sought)
    return true() if answer is None else or_(_behind(answer), among(tx, answer.maybe))


def among(tx: Session, ids: list[int]) -> ColumnElement[bool]:
    """The messages with these ids, however many: they are one parameter."""
    if is_sqlite(tx):
        listed = func.json_each(bindparam(None, json.dumps(ids))).table_valued("value")
        return Entry.message_id.in_(select(listed.c.value))
    return Entry.message_id == func.any(literal(ids, ARRAY(BigInteger)))


def _behind(answer: Answer) -> ColumnElement[bool]:
    return Entry.message_id > answer.last_id
