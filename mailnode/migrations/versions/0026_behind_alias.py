"""What an alias sends on of a user's own mail waits as the user's, and nobody is shown whom the alias stands for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue_message", sa.Column("behind_alias", sa.Boolean(), nullable=False, server_default=sa.false()))
