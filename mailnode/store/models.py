"""The store's tables.

A *message* is what was parsed once; an *entry* is its place in a mailbox (uid, flags, modseq), so
that COPY writes one narrow row and listing a mailbox reads narrow rows only. Times are whole
seconds since the epoch, sizes are bytes. ``size`` counts the message as its owner reads it: the
recipient's own trace fields (``prefix``) and the shared body.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

import mailnode.directory.models  # noqa: F401  "user", which these tables refer to
from mailnode.database import NEVER_REUSED, Base, Id

_GONE = text("gone IS NOT NULL")


class UserCounter(Base):
    """What a user has and has used: the quota counters and the sources of modseq and uidvalidity."""

    __tablename__ = "user_counter"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    modseq: Mapped[int] = mapped_column(BigInteger, default=1)
    messages: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    # What retention holds: messages without an entry, which count against no quota.
    kept_messages: Mapped[int] = mapped_column(BigInteger, default=0)
    kept_size: Mapped[int] = mapped_column(BigInteger, default=0)
    # The journal is complete after this modseq, and tells how things were at any time from ``kept_since`` on.
    pruned_modseq: Mapped[int] = mapped_column(BigInteger, default=0)
    kept_since: Mapped[int] = mapped_column(BigInteger, default=0)


class Mailbox(Base):
    """A mailbox of one user; the counters are kept in the transaction of each change."""

    __tablename__ = "mailbox"
    __table_args__ = (
        Index("uq_mailbox_user_id_name", "user_id", "name", unique=True),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid_next: Mapped[int] = mapped_column(BigInteger, default=1)
    highest_modseq: Mapped[int] = mapped_column(BigInteger, default=1)
    messages: Mapped[int] = mapped_column(BigInteger, default=0)
    unseen: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    first_recent: Mapped[int] = mapped_column(BigInteger, default=1)
    special_use: Mapped[str | None] = mapped_column(Text, default=None)
    selectable: Mapped[bool] = mapped_column(Boolean, default=True)


class MailboxRight(Base):
    """What an identifier may do with a mailbox (see `store.rights`): letters of RFC 4314.

    ``user_id`` is the owner. ``grantee_id`` and ``domain_id`` are what a name stands for, so that a right goes with it.
    """

    __tablename__ = "mailbox_right"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(
        Id, ForeignKey("mailbox.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    identifier: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    rights: Mapped[str] = mapped_column(Text)
    grantee_id: Mapped[int | None] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    domain_id: Mapped[int | None] = mapped_column(Id, ForeignKey("domain.id", ondelete="CASCADE"), index=True)


class Subscription(Base):
    """A subscribed name; it may outlive its mailbox (RFC 9051 §6.3.7)."""

    __tablename__ = "subscription"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)


class Blob(Base):
    """Where the bytes of a body lie. One for each SHA-256, whoever owns the messages."""

    __tablename__ = "blob"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    segment: Mapped[str] = mapped_column(Text)
    offset: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class BlobText(Base):
    """The searchable text of a body, folded and compressed (see `store.texts`)."""

    __tablename__ = "blob_text"

    blob_id: Mapped[int] = mapped_column(
        Id, ForeignKey("blob.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    text: Mapped[bytes] = mapped_column(LargeBinary)


class Message(Base):
    """A message of one user as it was parsed at delivery; never changed afterwards.

    ``copies`` counts its entries. ``gone`` is the modseq of the change that took the last one away: from then on the
    message is kept for `store.restore`, until the journal forgets that change.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_user_id_message_id", "user_id", "message_id"),
        Index("ix_message_blob_id", "blob_id"),
        Index("ix_message_user_id_id", "user_id", "id"),  # which ones the search index does not have yet
        Index("ix_message_gone", "user_id", "gone", "size", sqlite_where=_GONE, postgresql_where=_GONE),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    blob_id: Mapped[int] = mapped_column(Id, ForeignKey("blob.id"))
    copies: Mapped[int] = mapped_column(Integer, default=1)
    size: Mapped[int] = mapped_column(BigInteger)
    header_size: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    has_attachment: Mapped[bool] = mapped_column(Boolean)
    subject: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    recipients: Mapped[str] = mapped_column(Text)
    preview: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text)
    conversation: Mapped[str] = mapped_column(Text)
    prefix: Mapped[bytes] = mapped_column(LargeBinary)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    bodystructure: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    parts: Mapped[bytes] = mapped_column(LargeBinary)
    gone: Mapped[int | None] = mapped_column(BigInteger, default=None)


# The columns of `Message` that its body alone decides, in the order of `store.incoming.Incoming.columns`.
PARSED = (
    "sent_at",
    "has_attachment",
    "subject",
    "sender",
    "recipients",
    "preview",
    "message_id",
    "conversation",
    "envelope",
    "bodystructure",
    "body",
    "parts",
)
UNSEEN = text("flags & 1 = 0")
WITH_KEYWORDS = text("keywords <> ''")


class Entry(Base):
    """A message in a mailbox. ``flags`` are bits (see `store.flags`), ``keywords`` words and blanks."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_date", "user_id", "mailbox_id", "internal_date", "uid"),
        Index("ix_entry_unseen", "user_id", "mailbox_id", "uid", sqlite_where=UNSEEN, postgresql_where=UNSEEN),
        Index(
            "ix_entry_keywords",
            "user_id",
            "mailbox_id",
            "keywords",
            sqlite_where=WITH_KEYWORDS,
            postgresql_where=WITH_KEYWORDS,
        ),
        {"sqlite_with_rowid": False},
    )

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(Id, ForeignKey("mailbox.id", ondelete="CASCADE"), primary_key=True)
    uid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    modseq: Mapped[int] = mapped_column(BigInteger)
    flags: Mapped[int] = mapped_column(SmallInteger)
    keywords: Mapped[str] = mapped_column(Text)
    internal_date: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    # No foreign key: it would make each deleted message look for its entries, and ``copies`` counts them.
    message_id: Mapped[int] = mapped_column(Id)
    # When it came into this mailbox (RFC 8514); NULL in rows that are older than this column.
    saved_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class Journal(Base):
    """One change of one user's mail. ``what`` is a `store.changes.What`, ``old`` what it replaced, ``at`` when."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_user_id_modseq", "user_id", "modseq"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    modseq: Mapped[int] = mapped_column(BigInteger)
    mailbox_id: Mapped[int] = mapped_column(Id)
    uid: Mapped[int] = mapped_column(BigInteger)
    what: Mapped[int] = mapped_column(SmallInteger)
    old: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)


class SearchSegment(Base):
    """A stretch of a user's messages in the search index, up to the message ``last_id`` (see `store.index`)."""

    __tablename__ = "search_segment"
    __table_args__ = (Index("ix_search_segment_last_id", "user_id", "last_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"))
    last_id: Mapped[int] = mapped_column(BigInteger)
    messages: Mapped[int] = mapped_column(Integer)
    ids: Mapped[bytes] = mapped_column(LargeBinary)


class SearchBlock(Base):
    """A piece of a segment: of one field (`store.index.catalogue.FieldName`), block 0 is the vocabulary."""

    __tablename__ = "search_block"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    segment_id: Mapped[int] = mapped_column(
        Id, ForeignKey("search_segment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    field: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Annotation(Base):
    """A note that a client keeps with a mailbox, or with the whole server where ``mailbox_id`` is 0 (RFC 5464).

    ``user_id`` owns the mailbox. ``reader_id`` is the user whose private note it is, the owner for one that all share.
    ``entry`` is its whole name in lower case.
    """

    __tablename__ = "annotation"
    __table_args__ = (Index("ix_annotation_reader_id", "reader_id"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    entry: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class ServerAnnotation(Base):
    """What administrators tell everybody's clients about the server (RFC 5464)."""

    __tablename__ = "server_annotation"

    entry: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class ImportedUidl(Base):
    """The unique id that a message had on the server where it came from (see `store.uidls`)."""

    __tablename__ = "imported_uidl"
    __table_args__ = (Index("uq_imported_uidl_uidl", "user_id", "mailbox_id", "uidl", unique=True),)

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(Id, ForeignKey("mailbox.id", ondelete="CASCADE"), primary_key=True)
    uid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    uidl: Mapped[str] = mapped_column(Text)
