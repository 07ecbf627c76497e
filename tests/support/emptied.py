"""Databases of PostgreSQL that tests use one after the other: to empty one costs a tenth of making one.

Each test gets one by a name of its own, so that nothing that a test before it has left running can reach it.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.support.postgres import Postgres

RESTING = 3  # databases that wait until whoever was connected to them has gone
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
FROM_THE_START = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Emptied:
    """Databases as their template, in which all tables are empty."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._numbers = itertools.count(1)
        self._resting: deque[str] = deque()
        with server.connect(template) as tx:
            self._tables = _tables(tx)

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of an empty database."""
        name = f"mailnode_{next(self._numbers)}"
        self._take(name)
        try:
            yield self._server.url(name)
        finally:
            self._give_back(name)

    def _take(self, name: str) -> None:
        if len(self._resting) >= RESTING:
            try:
                self._server.rename(self._resting.popleft(), name)
            except psycopg.Error:  # somebody is still connected
                pass
            else:
                return
        self._server.create(name, self._template)

    def _give_back(self, name: str) -> None:
        try:
            with self._server.connect(name) as tx:
                _empty(tx)
                is_as_before = _tables(tx) == self._tables
        except psycopg.Error:  # somebody keeps it busy
            is_as_before = False
        if is_as_before:
            self._resting.append(name)
        else:
            self._server.drop(name)


def _tables(tx: psycopg.Connection) -> set[str]:
    return {name for (name,) in tx.execute(TABLES)}


def _empty(tx: psycopg.Connection) -> None:
    tx.execute("SET lock_timeout = '5s'")
    tx.execute(ALONE, [tx.info.backend_pid])
    tables = map(sql.Identifier, sorted(_tables(tx)))
    filled = [table for table in tables if tx.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)).fetchone()]
    if filled:
        tx.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(filled)))
    tx.execute(FROM_THE_START)
