"""Pages of lists: a cursor says where the last page ended, so that nothing is skipped or counted over.

A cursor is the sort key of the last row and its id, as URL-safe base64 of JSON. It is opaque to the
client; one that we did not make is an invalid query, never an error of ours.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from marshmallow import ValidationError
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")
Key = str | int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next`` is the cursor of the following page, None on the last."""

    items: list[T]
    next: str | None
    total: int

    def document(self, shown: Callable[[T], object]) -> dict[str, object]:
        """The answer, each row as it is ``shown``."""
        return {"items": [shown(one) for one in self.items], "next": self.next, "total": self.total}


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by, with the row's id as tie-break."""

    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[int]
    down: bool = False

    def after(self, key: Key, id_: int) -> ColumnElement[bool]:
        """Rows that come after the one with this key."""
        if self.down:
            return or_(self.column < key, and_(self.column == key, self.id < id_))
        return or_(self.column > key, and_(self.column == key, self.id > id_))

    def sort(self, statement: Select[Any]) -> Select[Any]:
        if self.down:
            return statement.order_by(self.column.desc(), self.id.desc())
        return statement.order_by(self.column, self.id)


def encode(key: Key, id_: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, id_]).encode()).decode().rstrip("=")


def decode(cursor: str, kind: type[Key] = str) -> tuple[Key, int]:
    """A key of this kind and an id, both as the databases take them. Raises ValidationError at ``#/cursor``."""
    try:
        key, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(key) is not kind or type(id_) is not int or not all(map(_storable, (key, id_))):
            raise ValueError(cursor)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise ValidationError({"cursor": ["This cursor is not one of ours"]}) from error
    return key, id_


def _storable(part: Key) -> bool:
    """No half of a character, nor NUL, nor a number of more than 64 bits. Raises ValueError."""
    if isinstance(part, str):
        part.encode()
        return "\0" not in part
    return -(2**63) <= part < 2**63


def order(sort: str, allowed: dict[str, InstrumentedAttribute[Any]], id_: InstrumentedAttribute[int]) -> Order:
    """``name`` or ``-name`` of an allowed column; raises ValidationError at ``#/sort``."""
    column = allowed.get(sort.removeprefix("-"))
    if column is None:
        raise ValidationError({"sort": [f"One of {', '.join(sorted(allowed))}, with - for downwards"]})
    return Order(column, id_, sort.startswith("-"))


def page(tx: Session, found: Select[T], by: Order, *, limit: int, cursor: str | None) -> Page[T]:
    """One page of the rows that ``found`` selects."""
    total = tx.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    wanted = by.sort(found)
    if cursor:
        wanted = wanted.where(by.after(*decode(cursor, by.column.type.python_type)))
    rows = list(tx.scalars(wanted.limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    last = rows[-1] if rows else None
    following = encode(getattr(last, by.column.key), getattr(last, by.id.key)) if more and last is not None else None
    return Page(rows, following, total)


def by_id(
    limit: int, found: Callable[[int], Sequence[Any]], shown: Callable[[Any], object] = lambda row: row
) -> dict[str, object]:
    """The answer for what is listed in the order of ids; ``found`` gives the first so many rows behind the cursor."""
    rows = found(limit + 1)
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return {"items": [shown(row) for row in rows[:limit]], "next": following}
