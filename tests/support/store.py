"""An empty store per test, on SQLite and on PostgreSQL.

The schema is made once per test session and copied: a file for SQLite, a template database for
PostgreSQL, whose copies are emptied and used again. Nothing is mocked; each test has a database and a
data folder of its own.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode import database, migrations
from mailnode.settings import Settings
from mailnode.store.opening import open_store
from tests.support.emptied import Emptied

TEMPLATE = "mailnode_template"


@dataclass(frozen=True, slots=True)
class Store:
    """A database with Mailnode's tables and nothing in them, and the settings that name it."""

    settings: Settings
    engine: Engine

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction, committed at the end, rolled back by an exception."""
        with Session(self.engine, expire_on_commit=False) as tx:
            database.begin_write(tx)
            yield tx
            tx.commit()

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as tx:
            yield tx


def make_schema(url: str, data_dir: Path) -> None:
    """Make every table in an empty database, as ``mailnode init`` does."""
    engine = database.engine(settings_for(url, data_dir))
    migrations.upgrade(engine)
    engine.dispose()


def settings_for(url: str, data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, database_url=url, hostname="mail.example.com", workers=1)


@contextlib.contextmanager
def on_sqlite(template: Path, data_dir: Path) -> Iterator[Store]:
    """A store on a copy of the SQLite file ``template``."""
    place = data_dir / "mailnode.db"
    shutil.copy(template, place)
    with _opened(settings_for(f"sqlite:///{place}", data_dir)) as store:
        yield store


@contextlib.contextmanager
def on_postgres(databases: Emptied, data_dir: Path) -> Iterator[Store]:
    """A store in a database of the test session's PostgreSQL."""
    with databases.one() as url, _opened(settings_for(url, data_dir)) as store:
        yield store


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    engine = open_store(settings)
    try:
        yield Store(settings, engine)
    finally:
        engine.dispose()
