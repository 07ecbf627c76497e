"""The search index. It is empty: the index worker fills it, and until then searches look into the mail itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index("ix_message_user_id_id", "message", ["user_id", "id"], unique=False)
    _segment()
    _block()


def _segment() -> None:
    op.create_table(
        "search_segment",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_search_segment_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_segment")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_segment_last_id", "search_segment", ["user_id", "last_id"], unique=False)


def _block() -> None:
    op.create_table(
        "search_block",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("segment_id", ID, nullable=False),
        sa.Column("field", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["search_segment.id"], name=op.f("fk_search_block_segment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_search_block_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "segment_id", "field", "number", name=op.f("pk_search_block")),
    )
    op.create_index("ix_search_block_segment_id", "search_block", ["segment_id"], unique=False)
    if op.get_context().dialect.name == "postgresql":  # it is compressed already
        op.execute("ALTER TABLE search_block ALTER COLUMN data SET STORAGE EXTERNAL")
