"""The history of the schema ends where the models are, on both engines, and a newer one is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Connection, DateTime, Engine, LargeBinary, String, inspect, text

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


def _insert(conn: Connection, table: str, **values: object) -> None:
    """A row with these values, and with something in every other column that must have a value."""
    for column in inspect(conn).get_columns(table):
        if not column["nullable"] and column["name"] not in values:
            values[column["name"]] = _something(column["type"])
    names = ", ".join(f'"{name}"' for name in values)
    holes = ", ".join(f":{name}" for name in values)
    conn.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({holes})'), values)


def _something(kind: object) -> object:
    if isinstance(kind, DateTime):
        return "2020-01-01 00:00:00+00:00"
    if isinstance(kind, LargeBinary):
        return b""
    return False if isinstance(kind, Boolean) else "" if isinstance(kind, String) else 0


def test_messages_from_before_save_dates_keep_everything_and_have_none(empty: Engine) -> None:
    with empty.execution_options(writes=True).connect() as conn, conn.begin():
        command.upgrade(migrations.configuration(conn), "0005")
        _insert(conn, "domain", id=1, name="example.com")
        _insert(conn, "user", id=1, domain_id=1, address="anna@example.com")
        _insert(conn, "mailbox", id=1, user_id=1, name="INBOX")
        for uid in range(1, 100):
            _insert(conn, "entry", user_id=1, mailbox_id=1, uid=uid, internal_date=uid, size=10 * uid, message_id=uid)
        before = conn.execute(text("SELECT * FROM entry ORDER BY uid")).mappings().all()
    migrations.upgrade(empty)
    with empty.connect() as conn:
        after = conn.execute(text("SELECT * FROM entry ORDER BY uid")).mappings().all()
    assert [dict(row) | {"saved_at": None} for row in before] == [
        {name: row[name] for name in (*before[0], "saved_at")} for row in after
    ]
