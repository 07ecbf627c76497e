"""Pages of a mailbox as a person sees it: newest first, by keyset, one narrow index and one join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select, tuple_
from sqlalchemy.orm import Session

from mailnode.store.models import Entry, Message

PAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a message list. ``internal_date`` and ``sent_at`` are seconds since the epoch."""

    mailbox_id: int
    uid: int
    modseq: int
    flags: int
    keywords: str
    internal_date: int
    size: int
    sent_at: int | None
    has_attachment: bool
    subject: str
    sender: str
    recipients: str
    preview: str
    conversation: str


_columns = (
    Entry.mailbox_id,
    Entry.uid,
    Entry.modseq,
    Entry.flags,
    Entry.keywords,
    Entry.internal_date,
    Entry.size,
    Message.sent_at,
    Message.has_attachment,
    Message.subject,
    Message.sender,
    Message.recipients,
    Message.preview,
    Message.conversation,
)
_in_mailbox = (Entry.user_id == bindparam("user_id"), Entry.mailbox_id == bindparam("mailbox_id"))
_newest_first = (Entry.internal_date.desc(), Entry.uid.desc())


@lru_cache(maxsize=2)
def _page(*, after: bool) -> Select[*tuple[Any, ...]]:
    """The statement: the index finds the page, the join fills its rows."""
    narrow = select(Entry.internal_date, Entry.uid).where(*_in_mailbox)
    if after:
        narrow = narrow.where(
            tuple_(Entry.internal_date, Entry.uid) < tuple_(bindparam("after_date"), bindparam("after_uid"))
        )
    found = narrow.order_by(*_newest_first).limit(bindparam("most")).subquery()
    return (
        select(*_columns)
        .join(found, found.c.uid == Entry.uid)
        .join(Message, Message.id == Entry.message_id)
        .where(*_in_mailbox)
        .order_by(*_newest_first)
    )


def page(
    tx: Session, user_id: int, mailbox_id: int, *, after: tuple[int, int] | None = None, limit: int = 100
) -> list[ListRow]:
    """The next rows behind ``after`` (internal_date and uid of the last row seen), newest first."""
    keys: dict[str, int] = {"user_id": user_id, "mailbox_id": mailbox_id, "most": min(limit, PAGE_LIMIT)}
    if after is not None:
        keys["after_date"], keys["after_uid"] = after
    found: Any = tx.connection().execute(_page(after=after is not None), keys)
    return [ListRow(*row) for row in found]


def order(tx: Session, user_id: int, mailbox_id: int, limit: int | None = None) -> list[int]:
    """The uids of the whole mailbox, newest first, or of so many; an index scan that touches no message."""
    statement = select(Entry.uid).where(*_in_mailbox).order_by(*_newest_first).limit(limit)
    return list(tx.connection().execute(statement, {"user_id": user_id, "mailbox_id": mailbox_id}).scalars())


def by_uids(tx: Session, user_id: int, mailbox_id: int, uids: Sequence[int]) -> list[ListRow]:
    """The rows of these messages, in the order asked for; missing ones are left out."""
    statement = (
        select(*_columns)
        .join(Message, Message.id == Entry.message_id)
        .where(*_in_mailbox, Entry.uid.in_(bindparam("uids", expanding=True)))
    )
    keys = {"user_id": user_id, "mailbox_id": mailbox_id, "uids": list(uids[:PAGE_LIMIT])}
    rows: Any = tx.connection().execute(statement, keys)
    found = {row.uid: ListRow(*row) for row in rows}
    return [found[uid] for uid in uids[:PAGE_LIMIT] if uid in found]
