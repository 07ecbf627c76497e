"""IDLE: the client waits, and is told of changes as they come (RFC 2177)."""

from __future__ import annotations

from mailnode.imap import updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Idle


async def idle(session: Session, command: Idle) -> None:
    """Answered only by DONE; until then the connection needs no task, the waker does the waiting."""
    session.idling = command.tag
    lines = [responses.continuation(b"idling")]
    if session.selected is not None:
        lines += await updates.gather(session, expunge=True)
    session.wire.write(b"".join(lines))
