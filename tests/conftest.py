"""Fixtures for every test: a PostgreSQL per test session, an empty store per test on both engines."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import examples
from tests.support import store as stores
from tests.support.emptied import Emptied
from tests.support.postgres import Postgres
from tests.support.store import Store

examples.choose()
LONGEST = ("tests/route", "tests/browser", "tests/house/test_", "tests/unit/imap/test_a_million.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that at the end nobody waits for it."""
    items.sort(key=lambda item: next((at for at, start in enumerate(LONGEST) if item.nodeid.startswith(start)), 9))


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole test session; make databases with ``postgres.create``."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_databases(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    stores.make_schema(postgres.create(stores.TEMPLATE), tmp_path_factory.mktemp("template"))
    return Emptied(postgres, stores.TEMPLATE)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    stores.make_schema(f"sqlite:///{folder / 'template.db'}", folder)
    return folder / "template.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        home = stores.on_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        home = stores.on_postgres(request.getfixturevalue("postgres_databases"), tmp_path)
    with home as made:
        yield made


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite alone, for what does not depend on the engine."""
    with stores.on_sqlite(sqlite_template, tmp_path) as made:
        yield made
