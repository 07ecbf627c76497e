"""NOTIFY: the client says what it wants to hear of without asking (RFC 5465 §3.1)."""

from __future__ import annotations

from sqlalchemy.orm import Session as Transaction

from mailnode.imap import outside
from mailnode.imap.session import Session
from mailnode.imap.watch import Watch
from mailnode.proto.imap import responses
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.watching import Notify
from mailnode.store import changes


async def notify(session: Session, command: Notify) -> Reply:
    """A NOTIFY replaces the one before it. SET is also a NOOP: what has happened in the selected mailbox is told."""

    def read(tx: Transaction) -> tuple[Watch, list[bytes]]:
        seen = changes.latest(tx, session.user_id)
        watch = Watch(command.groups, metadata=session.watch.metadata, seen=seen)
        return watch, outside.at_first(tx, session, watch) if command.status else []

    watch, lines = await session.context.offload.read(read)
    session.begin_watching(watch)
    session.stale = session.stale or (session.selected is not None and bool(command.groups))
    return responses.ok(command, "Done", lines)
