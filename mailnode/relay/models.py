"""The relay's tables: other domains' MTA-STS policies, shared by all that send, and how TLS with them went."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text
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


class TlsResult(Base):
    """How often connections to a domain's hosts were made, or failed for TLS's sake, on one day (RFC 8460 §4).

    ``kind`` is the policy's type and ``lines`` its text, in RFC 8460's words; ``result`` is "" for success,
    else a failure's type. ``day`` counts days since the epoch, in UTC.
    """

    __tablename__ = "tls_result"

    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    result: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    address: Mapped[str] = mapped_column(String(45), primary_key=True)
    lines: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    sessions: Mapped[int] = mapped_column(BigInteger)


class TlsReport(Base):
    """A report that was sent, or is not wanted: once for each domain and day."""

    __tablename__ = "tls_report"

    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
