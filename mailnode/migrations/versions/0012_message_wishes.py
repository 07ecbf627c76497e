"""What a sender may ask for a message on its way: TLS all the way (RFC 8689), and a time (RFC 2852)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.false()
    op.add_column("queue_message", sa.Column("requiretls", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("queue_message", sa.Column("deliver_by", sa.BigInteger(), nullable=True))
    op.add_column("queue_message", sa.Column("deliver_by_mode", sa.String(length=2), nullable=True))
