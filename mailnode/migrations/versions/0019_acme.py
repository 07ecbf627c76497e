"""The proofs that a certificate authority asks the web process for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acme_challenge",
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_acme_challenge")),
    )
    op.create_index(op.f("ix_acme_challenge_expires_at"), "acme_challenge", ["expires_at"])
