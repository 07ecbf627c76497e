"""IDLE: the client waits, and is told of changes as they come (RFC 2177)."""

from __future__ import annotations

from mailnode.imap import updates
from mailnode.imap.session import Session
from mailnode.proto.imap import responses
from mailnode.proto.imap.commands import Idle


async def idle(session: Session, command: Idle) -> None:
    """Answered only by DONE; until then the connection needs no task, the waker does the waiting."""
    news = await updates.gather(session, expunge=True) if _may_have_news(session) else []
    session.idling = command.tag
    session.wire.write(b"".join([responses.continuation(b"idling"), *news]))


def _may_have_news(session: Session) -> bool:
    """False when nothing has happened that the client has not been told of: what comes later wakes the session."""
    here = session.selected
    if here is None:
        return False
    return session.stale or bool(here.contexts.kept) or bool(here.changed) or not here.is_complete
