"""The lock on a maildrop: one session a user, whichever process it came to (RFC 1939 §4)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.directory.models  # noqa: F401  "user", which this table refers to
from mailnode.database import Base, Id


class MaildropLock(Base):
    """Held by ``owner`` until ``expires_at`` (seconds since the epoch), unless it is renewed."""

    __tablename__ = "maildrop_lock"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    owner: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[int] = mapped_column(BigInteger)
