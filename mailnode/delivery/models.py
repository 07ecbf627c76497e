"""The quarantine's table: one row per message that is kept back, until somebody or time decides."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.store.models  # noqa: F401  "blob", which this table refers to
from mailnode.database import NEVER_REUSED, Base, Id


class Quarantined(Base):
    """The body is the blob, with its stamps. ``recipients`` is JSON: address, NOTIFY and ORCPT of each. Times are whole
    seconds since the epoch."""

    __tablename__ = "quarantined"
    __table_args__ = (
        Index("ix_quarantined_blob_id", "blob_id"),
        Index("ix_quarantined_until", "until"),
        Index("ix_quarantined_size", "size"),  # the sum is read from it alone
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    blob_id: Mapped[int] = mapped_column(Id, ForeignKey("blob.id"))
    size: Mapped[int] = mapped_column(BigInteger)
    sender: Mapped[str] = mapped_column(Text)  # "" is the null reverse-path
    recipients: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    client: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Float)
    envid: Mapped[str | None] = mapped_column(Text)
    ret: Mapped[str | None] = mapped_column(String(4))
    smtputf8: Mapped[bool] = mapped_column(Boolean)
    eightbit: Mapped[bool] = mapped_column(Boolean)
    requiretls: Mapped[bool] = mapped_column(Boolean, default=False)  # RFC 8689
    deliver_by: Mapped[int | None] = mapped_column(BigInteger)  # RFC 2852, as in the queue
    deliver_by_mode: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[int] = mapped_column(BigInteger)  # forgotten then
