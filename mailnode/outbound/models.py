"""The tables about sending: how much was sent, how much may be, and what stands still.

Times are whole seconds since the epoch. Ids of users and domains are never reused, so a count that
outlives its user is nobody's.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import Base, Id

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
