"""The store fixture gives each test a database of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mailnode.directory.models import Domain
from tests.support.emptied import RESTING
from tests.support.store import Store


def test_what_was_written_is_read(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("CREATE TABLE mine (number INTEGER)"))
        tx.execute(text("INSERT INTO mine VALUES (7)"))
    with store.read() as tx:
        assert tx.scalar(text("SELECT number FROM mine")) == 7


@pytest.mark.parametrize("time", range(RESTING + 2))
def test_the_next_test_starts_empty(store: Store, time: int) -> None:
    with store.write() as tx:
        tx.add(Domain(name="example.com"))
        tx.flush()
        assert tx.query(Domain).one().id == 1
        if time:
            return
        tx.execute(text("CREATE TABLE mine (number INTEGER)"))
