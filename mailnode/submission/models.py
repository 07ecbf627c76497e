"""What a user is writing: drafts as the web client knows them, and files on their way into a message.

A draft is more than its message: addresses half typed, what it answers, which files go with it. So it
has a row of its own; its message in the Drafts mailbox is a copy for other clients.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.store.models  # noqa: F401  "user" and "blob", which these tables refer to
from mailnode.database import NEVER_REUSED, Base, Id, UtcDateTime


class Draft(Base):
    """``content`` is JSON (see `drafts`). With ``queue_id`` it was sent, and can be called back while that waits."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_user_id", "user_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    content: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Where its copy lies: in Drafts, or in Sent once it was sent. No foreign keys: other clients may move it.
    mailbox_id: Mapped[int] = mapped_column(Id)
    uid: Mapped[int] = mapped_column(BigInteger)
    queue_id: Mapped[int | None] = mapped_column(Id, index=True)
    marked: Mapped[str] = mapped_column(Text, default="[]")  # flags that sending has set elsewhere, as JSON


class Upload(Base):
    """A file that was handed up. ``draft_id`` None: no draft names it yet, and it goes after a day."""

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_user_id", "user_id"), Index("ix_upload_blob_id", "blob_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # random: it stands in addresses
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    draft_id: Mapped[int | None] = mapped_column(Id, ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    blob_id: Mapped[int] = mapped_column(Id, ForeignKey("blob.id"))
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
