"""The tables about sending: how much was sent and may be, what stands still, who is not written to, who complains.

Times are whole seconds since the epoch. Ids of users and domains are never reused, so a count that
outlives its user is nobody's.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import NEVER_REUSED, Base, Id

USER, DOMAIN, EACH = "user", "domain", "each"  # one user; a whole domain; each user of a domain


class SentCount(Base):
    """What one user or domain has sent in one slot of time (see `counts`)."""

    __tablename__ = "sent_count"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # user, domain
    owner_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    messages: Mapped[int] = mapped_column(Integer)
    recipients: Mapped[int] = mapped_column(Integer)


class SendingLimit(Base):
    """Limits that differ from the usual; None leaves a limit as it is, 0 lifts it."""

    __tablename__ = "sending_limit"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # user, domain, each
    owner_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    hourly_messages: Mapped[int | None] = mapped_column(Integer)
    hourly_recipients: Mapped[int | None] = mapped_column(Integer)
    daily_messages: Mapped[int | None] = mapped_column(Integer)
    daily_recipients: Mapped[int | None] = mapped_column(Integer)
    burst_recipients: Mapped[int | None] = mapped_column(Integer)


class Freeze(Base):
    """Something whose mail stands still until somebody releases it: a user, a destination, an address.

    ``key`` is ``user:17``, ``destination:example.com`` or ``recipient:a@example.com``. A row with a
    ``released_at`` freezes nothing: it remembers for a day that somebody has looked.
    """

    __tablename__ = "frozen"

    key: Mapped[str] = mapped_column(String(340), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    since: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(8))  # burst, hand
    recipients: Mapped[int] = mapped_column(Integer, default=0)  # written to within the hour, for a burst
    usual: Mapped[int] = mapped_column(Integer, default=0)  # the user's busiest hour before
    words: Mapped[str] = mapped_column(Text, default="")  # of whoever has frozen it
    released_at: Mapped[int | None] = mapped_column(BigInteger)


class Suppression(Base):
    """An address that nothing is sent to from one of our domains, for a time."""

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("domain_id", "address"),
        Index("ix_suppression_expires_at", "expires_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(Id, ForeignKey("domain.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id", ondelete="SET NULL"))  # who met it
    address: Mapped[str] = mapped_column(String(320))  # in lower case
    cause: Mapped[str] = mapped_column(String(10))  # bounce, complaint, hand
    status: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)  # the remote host's
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)


class Complaint(Base):
    """A report that somebody has called a message of ours unwanted (ARF, RFC 5965)."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index("ix_complaint_domain_id_id", "domain_id", "id"),
        Index("ix_complaint_user_id_id", "user_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(Id, ForeignKey("domain.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id", ondelete="SET NULL"))  # whose message it was
    kind: Mapped[str] = mapped_column(String(32))  # abuse, fraud, not-spam, virus, other
    recipient: Mapped[str] = mapped_column(String(320))  # who complained; "" where the report hides it
    sender: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(Text)  # of the message that was complained about
    subject: Mapped[str] = mapped_column(Text)
    source_ip: Mapped[str] = mapped_column(String(64))
    reporter: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[int] = mapped_column(BigInteger)
