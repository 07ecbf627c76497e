"""NOTIFY: the client says what it wants to hear of without asking (RFC 5465 §3.1)."""

from __future__ import annotations

from mailnode.imap import outside
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.responses import Reply
from mailnode.proto.imap.watching import Notify


async def notify(session: Session, command: Notify) -> Reply:
    """A NOTIFY replaces the one before it. SET is also a NOOP: what has happened in the selected mailbox is told."""
    watch, lines = await session.context.offload.read(lambda tx: outside.begin(tx, session, command))
    session.begin_watching(watch)
    session.stale = session.stale or (session.selected is not None and bool(command.groups))
    return responses.ok(command, "Done", lines)
