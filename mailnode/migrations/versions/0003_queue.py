"""What still has to leave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _queue_message()
    _queue_recipient()


def _queue_message() -> None:
    op.create_table(
        "queue_message",
        sa.Column("id", ID, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("envid", sa.Text(), nullable=True),
        sa.Column("ret", sa.String(length=4), nullable=True),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("eightbit", sa.Boolean(), nullable=False),
        sa.Column("sign", sa.Boolean(), nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_queue_message_blob_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_queue_message_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_message")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_queue_message_blob_id", "queue_message", ["blob_id"], unique=False)
    op.create_index("ix_queue_message_user_id", "queue_message", ["user_id"], unique=False)


def _queue_recipient() -> None:
    op.create_table(
        "queue_recipient",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("destination", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("last_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("last_status", sa.String(length=16), nullable=True),
        sa.Column("last_text", sa.Text(), nullable=True),
        sa.Column("orcpt", sa.Text(), nullable=True),
        sa.Column("notify", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["queue_message.id"], name=op.f("fk_queue_recipient_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_recipient")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_queue_recipient_message_id", "queue_recipient", ["message_id"], unique=False)
    op.create_index(
        "ix_queue_recipient_state_next_attempt_at", "queue_recipient", ["state", "next_attempt_at"], unique=False
    )
