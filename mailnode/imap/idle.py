"""News for a client that idles (RFC 2177 §3): told as they come, EXPUNGE included."""

from __future__ import annotations

from mailnode import log
from mailnode.imap import updates
from mailnode.imap.session import Session

_log = log.get("imap")


async def tell(session: Session) -> None:
    """Write what is new, if anything is."""
    if session.selected is None:
        return
    try:
        lines = await updates.gather(session, expunge=True)
    except Exception:
        _log.exception("news failed", user=session.user_id)
        session.over = True
        return
    session.wire.write(b"".join(lines))
