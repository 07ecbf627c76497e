"""The relay's table: other domains' MTA-STS policies, shared by all that send."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import Base


class StsPolicy(Base):
    """One domain's policy as it was fetched. Times are seconds since the epoch."""

    __tablename__ = "sts_policy"
    __table_args__ = (Index("ix_sts_policy_fetched_at", "fetched_at"),)

    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    policy_id: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
