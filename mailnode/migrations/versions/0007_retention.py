"""The journal knows when, and expunged messages are kept as long as it needs them.

What was done before this revision has its time: so much of the past cannot be restored (``kept_since``), but clients
that were away are told of it as long as of any other change.
"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = str(int(time.time()))
    _add("journal", "at", sa.BigInteger(), now)
    _add("user_counter", "kept_messages", sa.BigInteger(), "0")
    _add("user_counter", "kept_size", sa.BigInteger(), "0")
    _add("user_counter", "pruned_modseq", sa.BigInteger(), "0")
    _add("user_counter", "kept_since", sa.BigInteger(), now)
    _add("domain", "retention_days", sa.Integer(), "30")
    op.add_column("message", sa.Column("gone", sa.BigInteger(), nullable=True))
    gone = sa.text("gone IS NOT NULL")
    op.create_index("ix_message_gone", "message", ["user_id", "gone", "size"], sqlite_where=gone, postgresql_where=gone)


def _add(table: str, name: str, kind: sa.types.TypeEngine[int], value: str) -> None:
    """A column that old rows read as ``value`` without being written. Every new row gives its own."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(value)))
    if op.get_context().dialect.name == "postgresql":  # SQLite would copy the table
        op.alter_column(table, name, server_default=None)
