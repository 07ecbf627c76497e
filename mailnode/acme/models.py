"""The proofs of ACME, which any web process may be asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import Base, UtcDateTime


class AcmeChallenge(Base):
    """One proof, until the authority has seen it or has had its time to."""

    __tablename__ = "acme_challenge"

    token: Mapped[str] = mapped_column(String(200), primary_key=True)
    answer: Mapped[str] = mapped_column(String(300))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
