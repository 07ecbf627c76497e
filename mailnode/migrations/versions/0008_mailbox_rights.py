"""Who may do what with whose mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailbox_right",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("mailbox_id", ID, nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("grantee_id", ID, nullable=True),
        sa.Column("domain_id", ID, nullable=True),
        *(_gone_with(column, table) for column, table in GONE_WITH.items()),
        sa.PrimaryKeyConstraint("user_id", "mailbox_id", "identifier", name=op.f("pk_mailbox_right")),
    )
    for column in ("mailbox_id", "identifier", "grantee_id", "domain_id"):
        op.create_index(op.f(f"ix_mailbox_right_{column}"), "mailbox_right", [column], unique=False)


GONE_WITH = {"user_id": "user", "mailbox_id": "mailbox", "grantee_id": "user", "domain_id": "domain"}


def _gone_with(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_mailbox_right_{column}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")
