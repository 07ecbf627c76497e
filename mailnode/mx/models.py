"""The greylist: who has tried once, and who has come again.

A row is one client network, sender and recipient that were asked to try again later, or, with an empty ``key`` of
sender and recipient, a network that has come again often enough to be known. Times are whole seconds since the epoch.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import Base


class Greylisted(Base):
    """``key`` is a hash of sender and recipient; ``passes`` counts how often they have come again in time."""

    __tablename__ = "greylisted"
    __table_args__ = (Index("ix_greylisted_until", "until"),)

    network: Mapped[str] = mapped_column(String(48), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    first_at: Mapped[int] = mapped_column(BigInteger)
    passes: Mapped[int] = mapped_column(Integer, default=0)
    until: Mapped[int] = mapped_column(BigInteger)  # forgotten then
