"""The history's tables: rows in the order of time, and the index over what they are looked up by.

The index is made of buckets of `BUCKET` rows each. Within a bucket it is sorted by hash, so that filling it touches
the few pages of the newest bucket, whatever the size of the whole; a look-up asks every bucket once. With one large
index instead, each of a message's five keys would dirty a page of its own.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailnode.database import NEVER_REUSED, Base, Id

BUCKET = 1 << 14  # rows


class History(Base):
    """One thing that happened to one message. ``at`` is in seconds since the epoch.

    ``trace`` is the id that the door gave, "" elsewhere; ``queue_id`` and ``user_id`` (who sent it) are 0 where there
    is none. ``keys`` are the hashes of `keys`, ``detail`` is what `details` reads. No foreign keys: the history of a
    message outlives the message, its queue entry and its user.
    """

    __tablename__ = "history"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    what: Mapped[int] = mapped_column(SmallInteger)
    trace: Mapped[str] = mapped_column(Text)
    queue_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    sender: Mapped[str] = mapped_column(Text)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    detail: Mapped[str] = mapped_column(Text)


class HistoryKey(Base):
    """One key of one row."""

    __tablename__ = "history_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    row_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class HistoryBucket(Base):
    """A part of the index. ``indexed`` is the last row in it; the newest bucket's says how far the index goes."""

    __tablename__ = "history_bucket"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    indexed: Mapped[int] = mapped_column(BigInteger)
