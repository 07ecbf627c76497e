"""The tables of the users' own filters."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.directory.models  # noqa: F401  "user", which these tables refer to
from mailnode.database import Base, Id


class LearnedFilter(Base):
    """What one user has taught: `learning.model.Model`. ``version`` grows with each change."""

    __tablename__ = "learned_filter"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    junk: Mapped[int] = mapped_column(Integer)
    wanted: Mapped[int] = mapped_column(Integer)
    tokens: Mapped[bytes] = mapped_column(LargeBinary)
    taught_at: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)


class LearnedMessage(Base):
    """A message that was learned, so that another verdict takes the first one back. ``learned_at`` in seconds."""

    __tablename__ = "learned_message"
    __table_args__ = ({"sqlite_with_rowid": False},)

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    message_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    junk: Mapped[bool] = mapped_column(Boolean)
    learned_at: Mapped[int] = mapped_column(BigInteger)


class LearnedUpTo(Base):
    """How far the journal was looked through for lessons. ``reader`` is who looks."""

    __tablename__ = "learned_up_to"

    reader: Mapped[str] = mapped_column(String(20), primary_key=True)
    journal_id: Mapped[int] = mapped_column(BigInteger)
