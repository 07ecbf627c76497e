"""What was there before restoring was: it is kept, and its past begins with the upgrade."""

from __future__ import annotations

import time

import pytest
from alembic import command
from sqlalchemy import Engine, text

from mailnode import migrations
from tests.unit.migrations.test_migrations import empty  # noqa: F401 - a fixture

ROWS = (
    "INSERT INTO domain (id, name, registration, over_quota_text, enabled, created_at, version) "
    "VALUES (1, 'example.com', 'closed', '', :yes, :now, 1)",
    'INSERT INTO "user" (id, domain_id, address, password_hash, display_name, language, disabled, administrator, '
    "created_at, version) VALUES (1, 1, 'one@example.com', '', '', '', :no, :no, :now, 1)",
    "INSERT INTO user_counter (user_id, modseq, messages, size, uid_validity) VALUES (1, 7, 0, 0, 1)",
    "INSERT INTO journal (user_id, modseq, mailbox_id, uid, what, old) VALUES (1, 7, 1, 0, 4, '')",
)


@pytest.fixture
def old(empty: Engine) -> Engine:  # noqa: F811
    """A store of the revision before, with somebody in it."""
    with empty.execution_options(writes=True).connect() as conn, conn.begin():
        command.upgrade(migrations.configuration(conn), "0006")
        values = {"yes": True, "no": False, "now": "2026-11-01 00:00:00"}
        for row in ROWS:
            conn.execute(text(row), {name: value for name, value in values.items() if f":{name}" in row})
    return empty


def test_the_past_begins_with_the_upgrade(old: Engine) -> None:
    before = int(time.time())
    migrations.upgrade(old)
    with old.connect() as conn:
        assert conn.execute(text("SELECT retention_days FROM domain")).scalar() == 30
        counter = conn.execute(text("SELECT modseq, kept_messages, pruned_modseq, kept_since FROM user_counter")).one()
        assert tuple(counter)[:3] == (7, 0, 0)
        assert before <= counter.kept_since <= time.time()
        assert conn.execute(text("SELECT at FROM journal")).scalar() == counter.kept_since
