"""IDLE: the client waits, and is told of changes as they come (RFC 2177)."""

from __future__ import annotations

from mailnode.imap import updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Idle


async def idle(session: Session, command: Idle) -> None:
    """Answered only by DONE; until then the connection needs no task, the waker does the waiting."""
    news = await updates.gather(session, expunge=True) if session.selected is not None else []
    session.idling = command.tag
    session.wire.write(b"".join([responses.continuation(b"idling"), *news]))
