"""News for a client that idles (RFC 2177 §3): told as they come, EXPUNGE included."""

from __future__ import annotations

from mailnode import log
from mailnode.imap import updates
from mailnode.imap.session import Session

_log = log.get("imap")


async def tell(session: Session) -> None:
    """Write what is new, if anything is. When it cannot be read just now, the next change brings it along."""
    if session.selected is None:
        return
    try:
        lines = await updates.gather(session, expunge=True)
    except Exception:
        _log.exception("news not read", user=session.user_id)
        session.stale = False
        return
    session.wire.write(b"".join(lines))
