"""Offload when the machine under it misbehaves: nobody hangs, nothing is done twice, nothing is promised."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from mailnode import database, group_commit, offload
from mailnode.database import begin_write, pending
from mailnode.directory.models import Domain
from mailnode.errors import StoreBusy, StoreFull
from mailnode.offload import Offload
from mailnode.store import bodies
from tests.support import store as stores
from tests.support.emptied import ALONE, Emptied
from tests.support.small_disk import small_disk
from tests.support.store import Store

HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)


@pytest.fixture
def made(store: Store) -> Iterator[Offload]:
    one = Offload(store.engine)
    yield one
    one.close()


@pytest.fixture
def on_sqlite(sqlite_store: Store) -> Iterator[Offload]:
    one = Offload(sqlite_store.engine)
    yield one
    one.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "PATIENCE", 0.5)
    monkeypatch.setattr(database, "PATIENCE", 0.5)


@contextmanager
def stopped_writer(store: Store) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the write lock and stands still."""
    path = f"{store.engine.url.database}.lock"
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        try:
            yield process
        finally:
            process.kill()


def add(name: str) -> Callable[[Session], str]:
    def step(tx: Session) -> str:
        tx.add(Domain(name=name))
        return name

    return step


def names(store: Store) -> list[str]:
    with store.read() as tx:
        return sorted(tx.scalars(select(Domain.name)))


@pytest.mark.usefixtures("impatient")
def test_a_stopped_process_with_the_write_lock_hangs_nobody(on_sqlite: Offload, sqlite_store: Store) -> None:
    with stopped_writer(sqlite_store):
        with pytest.raises(StoreBusy):
            asyncio.run(on_sqlite.write(add("given-up.example")))
        with pytest.raises(StoreBusy):
            on_sqlite.write_now(add("given-up-too.example"))
        with Session(sqlite_store.engine) as tx, pytest.raises(StoreBusy):
            begin_write(tx)
    on_sqlite.write_now(add("after.example"))
    assert names(sqlite_store) == ["after.example"]


@pytest.mark.usefixtures("impatient")
def test_a_wait_that_was_given_up_keeps_no_lock(sqlite_store: Store) -> None:
    with stopped_writer(sqlite_store), Session(sqlite_store.engine) as tx, pytest.raises(StoreBusy):
        begin_write(tx)
    for name in ("a.example", "b.example"):
        with sqlite_store.write() as tx:
            tx.add(Domain(name=name))
    assert names(sqlite_store) == ["a.example", "b.example"]


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_comes_in_time_is_taken(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 20.0)
    with stopped_writer(sqlite_store) as process, Session(sqlite_store.engine) as tx:
        process.kill()
        begin_write(tx)
        tx.add(Domain(name="a.example"))
        tx.commit()
    assert names(sqlite_store) == ["a.example"]


def test_what_fails_behind_the_commit_is_not_done_again(made: Offload, store: Store) -> None:
    runs: list[int] = []

    def fails() -> None:
        raise OSError("the object store is away")

    def step(tx: Session) -> None:
        runs.append(1)
        tx.add(Domain(name="once.example"))
        pending(tx).after(fails)
        pending(tx).changed.add(1)

    def bad_listener(_users: set[int]) -> None:
        raise RuntimeError("a bug in a listener")

    made.on_commit(bad_listener)
    made.write_now(step)
    assert (runs, names(store)) == ([1], ["once.example"])
    made.write_now(add("after.example"))


def test_one_poisoned_step_takes_no_other_of_its_group_along(made: Offload, store: Store) -> None:
    """Poison in every place: in the flush, in the driver, in the hook that makes it durable, in recursion."""

    def twice_the_same(tx: Session) -> None:
        tx.add_all([Domain(name="twice.example"), Domain(name="twice.example")])

    def no_such_table(tx: Session) -> None:
        tx.connection().exec_driver_sql("SELECT 1 FROM nowhere")

    def not_durable(tx: Session) -> None:
        def hook() -> None:
            raise OSError("not durable")

        tx.add(Domain(name="not-durable.example"))
        pending(tx).durable(hook, hook)

    def endless(tx: Session) -> None:
        endless(tx)

    async def group() -> list[object]:
        steps = [twice_the_same, no_such_table, not_durable, endless]
        good = [made.write(add(f"good{number}.example")) for number in range(4)]
        bad = [made.write(step) for step in steps]
        both = [one for pair in zip(good, bad, strict=True) for one in pair]
        return await asyncio.gather(*both, return_exceptions=True)

    done = asyncio.run(group())
    assert done[::2] == [f"good{number}.example" for number in range(4)]
    assert all(isinstance(one, Exception) for one in done[1::2])
    assert names(store) == [f"good{number}.example" for number in range(4)]


def fill(made: Offload) -> None:
    for _ in range(100):
        made.write_now(lambda tx: bodies.put(tx, os.urandom(20_000)))


def test_a_full_disk_is_told_and_passes(on_sqlite: Offload, sqlite_store: Store) -> None:
    for size in (4_000, 300_000):  # too large for the segment file, too large for the database's log
        with small_disk(size), pytest.raises(StoreFull):
            fill(on_sqlite)
        raw = os.urandom(20_000)
        put = on_sqlite.write_now(lambda tx, raw=raw: bodies.put(tx, raw))  # type: ignore[misc]
        with sqlite_store.read() as tx:
            assert bodies.read(tx, put.id) == raw


def test_a_log_that_cannot_be_written_stops_no_writer(made: Offload, store: Store) -> None:
    def full(*_arguments: object, **_facts: object) -> None:
        raise OSError("no space left for the log")

    def not_durable(tx: Session) -> None:
        def hook() -> None:
            raise OSError("not durable")

        pending(tx).durable(hook, hook)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(group_commit, "_log", type("Log", (), {"error": full, "exception": full, "warning": full}))
        with pytest.raises(OSError, match=r"not durable|no space"):
            made.write_now(not_durable)
    assert made.write_now(add("after.example")) == "after.example"
    assert names(store) == ["after.example"]


def look(tx: Session) -> object:
    """Past SQLAlchemy, as the hot paths go."""
    driver: Any = tx.connection().connection.dbapi_connection
    return driver.execute("SELECT 1").fetchone()


@pytest.mark.parametrize("step", [add("after.example"), look])
def test_a_database_that_has_been_away_is_found_again(
    step: Callable[[Session], object], postgres_databases: Emptied, tmp_path: Path
) -> None:
    with stores.on_postgres(postgres_databases, tmp_path) as home:
        writing = Offload(home.engine)
        writing.write_now(add("before.example"))
        away = create_engine(home.settings.database)
        with away.connect() as administrator:
            administrator.exec_driver_sql(ALONE.replace("%s", "pg_backend_pid()"))
        away.dispose()
        writing.write_now(step)
        writing.close()
        assert "before.example" in names(home)
