"""How much is sent, how much may be, and what stands still."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIMITS = ("hourly_messages", "hourly_recipients", "daily_messages", "daily_recipients", "burst_recipients")


def upgrade() -> None:
    op.add_column("queue_recipient", sa.Column("held_for", sa.String(length=340), nullable=True))
    op.create_table(
        "sent_count",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "owner_id", "slot", name=op.f("pk_sent_count")),
    )
    op.create_table(
        "sending_limit",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner_id", ID, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in LIMITS),
        sa.PrimaryKeyConstraint("kind", "owner_id", name=op.f("pk_sending_limit")),
    )
    op.create_table(
        "frozen",
        sa.Column("key", sa.String(length=340), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_frozen_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_frozen")),
        sa.UniqueConstraint("user_id", name=op.f("uq_frozen_user_id")),
    )
