"""What the sender has asked for stays with a message that is kept back, and the quarantine's size is quickly known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantined", sa.Column("requiretls", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("quarantined", sa.Column("deliver_by", sa.BigInteger(), nullable=True))
    op.add_column("quarantined", sa.Column("deliver_by_mode", sa.String(length=2), nullable=True))
    op.create_index("ix_quarantined_size", "quarantined", ["size"])
