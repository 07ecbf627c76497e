"""Open the LMTP door. RFC 2033 §5 keeps it away from port 25."""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.context import Context
from mailnode.lmtp.reception import LmtpReception
from mailnode.settings import Listen, Networks
from mailnode.smtpd.serve import limits_of, open_door
from mailnode.streams import Door


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False, proxies: Networks = ()) -> Door:
    """Listen and serve; ``tls`` means TLS from the first byte. Raises OSError."""
    reception = LmtpReception(context)
    return await open_door(
        reception,
        limits_of(context.settings),
        listens,
        context=context.tls,
        room=context.room,
        tls_first=tls,
        proxies=proxies,
        each=reception.on_messages,
    )
