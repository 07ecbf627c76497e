"""Who was asked to try again later, and what is kept back until an administrator has looked at it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "greylisted",
        sa.Column("network", sa.String(length=48), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", "key", name=op.f("pk_greylisted")),
    )
    op.create_index("ix_greylisted_until", "greylisted", ["until"])
    _quarantined()


def _quarantined() -> None:
    op.create_table(
        "quarantined",
        sa.Column("id", ID, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("sender", "recipients", "author", "subject", "rule", "reason")
        ),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("envid", sa.Text(), nullable=True),
        sa.Column("ret", sa.String(length=4), nullable=True),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("eightbit", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_quarantined_blob_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantined_blob_id", "quarantined", ["blob_id"])
    op.create_index("ix_quarantined_until", "quarantined", ["until"])
