"""When a DKIM key has ceased to sign: its record stays in the DNS for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dkim_key", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
