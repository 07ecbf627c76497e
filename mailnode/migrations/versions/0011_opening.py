"""Opening a mailbox asks for its first unread message and for its keywords: two small indexes of nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("ix_entry_unseen", "uid", "flags & 1 = 0")
    _index("ix_entry_keywords", "keywords", "keywords <> ''")


def _index(name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(
        name, "entry", ["user_id", "mailbox_id", column], sqlite_where=where, postgresql_where=where, if_not_exists=True
    )
