"""The history of the schema ends where the models are, on both engines, and a newer one is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from mailnode import database, migrations
from tests.support.postgres import Postgres
from tests.support.store import settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'mailnode.db'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create(f"migrations_{tmp_path.name.replace('-', '_')}")
    engine = database.engine(settings_for(url, tmp_path))
    yield engine
    engine.dispose()


def test_the_history_ends_where_the_models_are(empty: Engine) -> None:
    migrations.upgrade(empty)
    with empty.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": False})
        assert compare_metadata(context, database.Base.metadata) == []


def test_every_table_has_its_columns_nullable_as_in_the_models(empty: Engine) -> None:
    migrations.upgrade(empty)
    found = inspect(empty)
    for table in database.Base.metadata.tables.values():
        there = {one["name"]: one["nullable"] for one in found.get_columns(table.name)}
        assert there == {column.name: column.nullable for column in table.columns}


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    migrations.upgrade(empty)
    migrations.upgrade(empty)


def test_a_newer_schema_is_refused_in_one_sentence(empty: Engine) -> None:
    migrations.upgrade(empty)
    with empty.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.SchemaTooNew, match=r"9999.*newer Mailnode"):
        migrations.upgrade(empty)


def test_ids_are_never_used_again_on_sqlite(tmp_path: Path) -> None:
    engine = database.engine(settings_for(f"sqlite:///{tmp_path / 'mailnode.db'}", tmp_path))
    migrations.upgrade(engine)
    with engine.connect() as conn:
        tables = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        written = {row.name: row.sql for row in tables}
    for table in database.Base.metadata.tables.values():
        if table.dialect_options["sqlite"]["autoincrement"]:
            assert "AUTOINCREMENT" in written[table.name]
    assert "WITHOUT ROWID" in written["entry"]
    engine.dispose()
