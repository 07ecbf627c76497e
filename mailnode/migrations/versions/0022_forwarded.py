"""What an alias forwards is sealed for the alias' domain (RFC 8617)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue_message", sa.Column("sealed_by", sa.String(length=255), nullable=True))
