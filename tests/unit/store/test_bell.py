"""Whoever watches the lock of an SQLite database hears of each commit, and of nothing else."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from mailnode.database import begin_write
from mailnode.offload import Offload
from mailnode.store import bell as ringing
from mailnode.store import lookout, messages
from mailnode.store.bell import Bell, bell_of
from mailnode.store.opening import open_store
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail
from tests.unit.store.test_waker import Heard, deliver, woken


@pytest.fixture
def bell(sqlite_store: Store) -> Iterator[Bell]:
    found = Bell(sqlite_store.engine)
    yield found
    found.close()


def rings(bell: Bell) -> bool:
    heard = bool(select.select([bell], [], [], 0)[0])
    bell.silence()
    return heard


def test_a_commit_rings_until_it_is_silenced(sqlite_store: Store, bell: Bell) -> None:
    user_id = add_user(sqlite_store)
    assert rings(bell)
    assert not rings(bell)
    with sqlite_store.write() as tx:
        messages.append(tx, user_id, "INBOX", mail())
    assert rings(bell)


def test_neither_reading_nor_giving_up_rings(sqlite_store: Store, bell: Bell) -> None:
    with Session(sqlite_store.engine) as tx:
        begin_write(tx)
        tx.connection().exec_driver_sql("DELETE FROM journal")
        tx.rollback()
    with sqlite_store.read() as tx:
        tx.connection().exec_driver_sql("SELECT count(*) FROM journal")
    assert not rings(bell)


def test_postgresql_has_no_bell(store: Store) -> None:
    found = bell_of(store.engine)
    assert (found is None) == (store.engine.dialect.name == "postgresql")
    if found is not None:
        found.close()


def test_where_nobody_waits_nobody_looks(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who begins to wait is told that something may have happened, and hears of the rest."""
    looked: list[object] = []
    changed = lookout._Watched.changed

    def counted(watched: lookout._Watched) -> list[int]:
        looked.append(watched)
        return changed(watched)

    monkeypatch.setattr(lookout._Watched, "changed", counted)
    user_id = add_user(sqlite_store)

    async def run() -> None:
        other = Offload(open_store(sqlite_store.settings))
        async with woken(sqlite_store) as (_, waker):
            await deliver(other, user_id)
            assert not looked
            before = waker.heard
            heard = Heard(waker, user_id)
            assert waker.heard > before
            await deliver(other, user_id)
            await heard.wait()
            assert looked
        other.close()

    asyncio.run(run())


def test_without_a_bell_others_are_heard_all_the_same(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringing, "bell_of", lambda engine: None)
    user_id = add_user(sqlite_store)

    async def run() -> None:
        other = Offload(open_store(sqlite_store.settings))
        async with woken(sqlite_store) as (_, waker):
            heard = Heard(waker, user_id)
            await deliver(other, user_id)
            await heard.wait()
        other.close()

    asyncio.run(run())
