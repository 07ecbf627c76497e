"""News for a client that listens while no command runs: in IDLE (RFC 2177 §3), or always (NOTIFY, RFC 5465 §3)."""

from __future__ import annotations

import asyncio

from mailnode import log
from mailnode.imap import fetching, outside, updates
from mailnode.imap.session import Session

AGAIN = 0.5  # seconds after which news that could not be read are asked for again

_log = log.get("imap")


async def tell(session: Session) -> None:
    """Write what is new, if anything is. When it cannot be read just now, it is asked for again in a moment.

    EXPUNGE is told in IDLE, and to whoever has said that message numbers may change at any time (RFC 5465 §6.1).
    """
    watch = session.watch
    try:
        if session.selected is not None:
            expunge = session.idling is not None or watch.is_immediate
            session.wire.write(b"".join(await updates.gather(session, expunge=expunge)))
        session.wire.write(b"".join(await outside.gather(session)))
        if session.selected is not None and watch.fresh:
            await fetching.fetch_arrived(session)
    except ConnectionError:
        raise
    except Exception:
        _log.exception("news not read", user=session.user_id)
        session.stale = watch.stale = False
        watch.fresh.clear()
        asyncio.get_running_loop().call_later(AGAIN, _ask_again, session)


def _ask_again(session: Session) -> None:
    if session.selected is not None:
        session.stale = True
    if session.watch.pushes:
        session.watch.stale = True
    session.wire.wake()
