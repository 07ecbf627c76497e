"""The store fixture gives each test a database of its own."""

from __future__ import annotations

from sqlalchemy import text

from tests.support.store import Store


def test_what_was_written_is_read(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("CREATE TABLE mine (number INTEGER)"))
        tx.execute(text("INSERT INTO mine VALUES (7)"))
    with store.read() as tx:
        assert tx.scalar(text("SELECT number FROM mine")) == 7


def test_the_next_test_starts_empty(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("CREATE TABLE mine (number INTEGER)"))
