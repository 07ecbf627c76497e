"""Annotations of mailboxes and of the server, and when a message came into its mailbox.

The new column has no value in old rows, so adding it touches none of them, however many there are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("entry", sa.Column("saved_at", sa.BigInteger(), nullable=True))
    _annotation()
    _server_annotation()


def _annotation() -> None:
    op.create_table(
        "annotation",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("mailbox_id", ID, nullable=False),
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_annotation_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reader_id"], ["user.id"], name=op.f("fk_annotation_reader_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "mailbox_id", "reader_id", "entry", name=op.f("pk_annotation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_annotation_reader_id", "annotation", ["reader_id"])


def _server_annotation() -> None:
    op.create_table(
        "server_annotation",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_server_annotation")),
    )
