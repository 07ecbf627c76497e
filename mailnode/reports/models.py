"""The tables of reports that came in, and of what is counted for those that we send. Times are whole seconds since the
epoch."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.store.models  # noqa: F401  "blob", which these tables refer to
from mailnode.database import NEVER_REUSED, Base, Id


class WaitingReport(Base):
    """A message for a domain's report address that nobody has read yet."""

    __tablename__ = "waiting_report"
    __table_args__ = (Index("ix_waiting_report_blob_id", "blob_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(Id, ForeignKey("domain.id", ondelete="CASCADE"), index=True)
    blob_id: Mapped[int] = mapped_column(Id, ForeignKey("blob.id"))
    received_at: Mapped[int] = mapped_column(BigInteger)


class DomainReport(Base):
    """One report about one domain. ``kind`` is dmarc or tls, ``report_id`` the reporter's own."""

    __tablename__ = "domain_report"
    __table_args__ = (
        Index("uq_domain_report_report_id", "domain_id", "kind", "organisation", "report_id", unique=True),
        Index("ix_domain_report_end", "domain_id", "kind", "end"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(Id, ForeignKey("domain.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    organisation: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)
    report_id: Mapped[str] = mapped_column(Text)
    begin: Mapped[int] = mapped_column(BigInteger)
    end: Mapped[int] = mapped_column(BigInteger)
    policy: Mapped[str] = mapped_column(Text)
    received_at: Mapped[int] = mapped_column(BigInteger, index=True)


class DmarcRow(Base):
    """Mail of one client in one report. ``dkim`` and ``spf`` are pass or fail; domains stand in words and blanks."""

    __tablename__ = "dmarc_row"

    domain_report_id: Mapped[int] = mapped_column(
        Id, ForeignKey("domain_report.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    client: Mapped[str] = mapped_column(String(48))
    count: Mapped[int] = mapped_column(BigInteger)
    disposition: Mapped[str] = mapped_column(String(16))
    dkim: Mapped[str] = mapped_column(String(8))
    spf: Mapped[str] = mapped_column(String(8))
    author_domain: Mapped[str] = mapped_column(Text)
    dkim_domains: Mapped[str] = mapped_column(Text)
    spf_domain: Mapped[str] = mapped_column(Text)


class TlsRow(Base):
    """Sessions in one report that went alike. ``result`` "" is success, else a word of RFC 8460 §4.3."""

    __tablename__ = "tls_row"

    domain_report_id: Mapped[int] = mapped_column(
        Id, ForeignKey("domain_report.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    policy: Mapped[str] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(Text)
    mx: Mapped[str] = mapped_column(Text)
    client: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(BigInteger)


class DmarcSeen(Base):
    """Messages of a day that were judged alike, for the report to the domain whose policy it was (`dmarc_seen`).

    ``day`` counts days since the epoch, in UTC; ``digest`` tells details apart.
    """

    __tablename__ = "dmarc_seen"

    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    detail: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(BigInteger)


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
