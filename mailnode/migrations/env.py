"""Alembic's way in: the connection is the caller's, and so is the transaction."""

from __future__ import annotations

from alembic import context

from mailnode.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=False,  # both engines have one history; their types differ in name only
)
with context.begin_transaction():
    context.run_migrations()
