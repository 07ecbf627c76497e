"""The keys of SCRAM beside the hash, and the unique ids of messages that came from another POP3 server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("user", "registration"):
        op.add_column(table, sa.Column("scram_keys", sa.String(length=255), nullable=True))
    none = sa.text("scram_keys IS NULL")
    op.create_index("ix_user_without_scram_keys", "user", ["id"], sqlite_where=none, postgresql_where=none)
    _imported_uidl()


def _imported_uidl() -> None:
    op.create_table(
        "imported_uidl",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("mailbox_id", ID, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uidl", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_imported_uidl_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_imported_uidl_mailbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "mailbox_id", "uid", name=op.f("pk_imported_uidl")),
    )
    op.create_index("uq_imported_uidl_uidl", "imported_uidl", ["user_id", "mailbox_id", "uidl"], unique=True)
