"""Statements of the hot paths: compiled once for each engine, then handed straight to the driver.

SQLAlchemy's own execution costs about 30 microseconds a statement, the driver's 5; a delivery on PostgreSQL
runs nine. Statements are still written as Core expressions, so both engines get their own SQL. Values
pass as they are: use only columns whose Python and driver values are the same (integers, text,
bytes), and expect booleans back from SQLite as 0 and 1. Errors are the driver's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.sql import ClauseElement

Values = Mapping[str, Any]


class Prepared:
    """One statement. ``columns`` names the parameters of an INSERT, which has no others."""

    __slots__ = ("_columns", "_compiled", "_statement")

    def __init__(self, statement: ClauseElement, *columns: str) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def run(self, conn: Connection, values: Values) -> Any:
        """Execute with these values; returns the driver's cursor."""
        compiled = self._compiled.get(conn.dialect.name) or self._compile(conn)
        driver: Any = conn.connection.dbapi_connection
        return driver.execute(compiled.sql, compiled.parameters(values))

    def many(self, conn: Connection, rows: Iterable[Values]) -> None:
        """Execute once for each row of values."""
        compiled = self._compiled.get(conn.dialect.name) or self._compile(conn)
        cursor: Any = conn.connection.cursor()
        cursor.executemany(compiled.sql, [compiled.parameters(values) for values in rows])
        cursor.close()

    def _compile(self, conn: Connection) -> _Compiled:
        made: Any = self._statement.compile(dialect=conn.dialect, column_keys=self._columns)
        constants = {name: value for name, value in made.params.items() if value is not None}
        order = tuple(made.positiontup) if made.positional else None
        compiled = self._compiled[conn.dialect.name] = _Compiled(str(made), order, constants)
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    """``order`` names the parameters where they are given by position; ``constants`` stand in the statement."""

    sql: str
    order: tuple[str, ...] | None
    constants: dict[str, Any]

    def parameters(self, values: Values) -> Any:
        if self.constants:
            values = {**self.constants, **values}
        return values if self.order is None else [values[name] for name in self.order]


class Rows:
    """An INSERT of as many rows as there are: one statement gives the interpreter, and the time for which others wait,
    away once. ``into`` stands before VALUES and ``otherwise`` at the end; ``marks`` are one row's.
    """

    __slots__ = ("_at_once", "_into", "_marks", "_otherwise", "_statements")

    def __init__(self, into: str, marks: str, otherwise: str = "", *, at_once: int) -> None:
        self._into = into
        self._marks = f"({marks})"
        self._otherwise = otherwise
        self._at_once = at_once
        self._statements: dict[tuple[str, int], str] = {}  # by the engine and their number of rows

    def insert(self, conn: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """In this order. Where the driver raises, some of them may have been inserted."""
        driver: Any = conn.connection.dbapi_connection
        for at in range(0, len(rows), self._at_once):
            some = rows[at : at + self._at_once]
            statement = self._statements.get((conn.dialect.name, len(some))) or self._made(conn, len(some))
            driver.execute(statement, list(chain.from_iterable(some)))

    def _made(self, conn: Connection, rows: int) -> str:
        values = ", ".join([self._marks] * rows)
        statement = f"{self._into} VALUES {values} {self._otherwise}"
        if conn.dialect.name != "sqlite":
            statement = statement.replace("?", "%s")
        self._statements[conn.dialect.name, rows] = statement
        return statement


def marks(columns: Sequence[str]) -> str:
    """As many marks of parameters."""
    return ", ".join("?" * len(columns))
