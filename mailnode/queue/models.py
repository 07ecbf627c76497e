"""The queue's tables: one row per message, one per recipient that is not yet done.

A recipient's row goes when it is delivered or given up, the message's with its last recipient. Times
are whole seconds since the epoch. ``next_attempt_at`` is also the lease: a claim sets it to the
moment when the claim runs out, so a dead process's recipients become due by themselves.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.store.models  # noqa: F401  "blob", which these tables refer to
from mailnode.database import NEVER_REUSED, Base, Id

WAITING, HELD = "waiting", "held"


class QueueMessage(Base):
    """A message on its way out. The body is the blob, as it came: signatures are put on as it leaves."""

    __tablename__ = "queue_message"
    __table_args__ = (
        Index("ix_queue_message_blob_id", "blob_id"),
        Index("ix_queue_message_user_id", "user_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sender: Mapped[str] = mapped_column(Text)  # "" is the null reverse-path
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id", ondelete="SET NULL"))
    blob_id: Mapped[int] = mapped_column(Id, ForeignKey("blob.id"))
    size: Mapped[int] = mapped_column(BigInteger)
    envid: Mapped[str | None] = mapped_column(Text)
    ret: Mapped[str | None] = mapped_column(String(4))  # FULL, HDRS
    smtputf8: Mapped[bool] = mapped_column(Boolean, default=False)
    eightbit: Mapped[bool] = mapped_column(Boolean, default=False)
    sign: Mapped[bool] = mapped_column(Boolean, default=False)  # we vouch for the author: DKIM
    send_at: Mapped[int | None] = mapped_column(BigInteger)  # may be cancelled until then
    created_at: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    sealed_by: Mapped[str | None] = mapped_column(String(255))  # whose alias forwards it: the domain that seals it
    behind_alias: Mapped[bool] = mapped_column(
        Boolean, default=False
    )  # whom an alias stands for: not for the sender to see
    requiretls: Mapped[bool] = mapped_column(Boolean, default=False)  # RFC 8689
    deliver_by: Mapped[int | None] = mapped_column(BigInteger)  # RFC 2852
    deliver_by_mode: Mapped[str | None] = mapped_column(String(2))  # R or N, with T: trace


class QueueRecipient(Base):
    """One recipient that still waits."""

    __tablename__ = "queue_recipient"
    __table_args__ = (
        Index("ix_queue_recipient_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_queue_recipient_message_id", "message_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(Id, ForeignKey("queue_message.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(String(255))  # the domain, or an address literal
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[int] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[int] = mapped_column(BigInteger)
    warned: Mapped[bool] = mapped_column(Boolean, default=False)
    last_attempt_at: Mapped[int | None] = mapped_column(BigInteger)
    last_status: Mapped[str | None] = mapped_column(String(16))
    last_text: Mapped[str | None] = mapped_column(Text)
    orcpt: Mapped[str | None] = mapped_column(Text)  # as on the wire
    held_for: Mapped[str | None] = mapped_column(String(340))  # the freeze that holds it; None: a hand
    notify: Mapped[str | None] = mapped_column(String(24))  # as on the wire; None: FAILURE and DELAY


class QueueDestination(Base):
    """What one queue process has learnt of one destination (see `destinations`)."""

    __tablename__ = "queue_destination"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    connections: Mapped[int] = mapped_column(Integer)
    connection_limit: Mapped[int] = mapped_column(Integer)
    rate: Mapped[float | None] = mapped_column(Float)
    waiting: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer)
    put_off: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float] = mapped_column(Float)
    words: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[int] = mapped_column(BigInteger)
