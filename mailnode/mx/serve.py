"""Open port 25."""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.context import Context
from mailnode.mx.reception import MxReception
from mailnode.settings import Listen, Networks
from mailnode.smtpd.serve import limits_of, open_door
from mailnode.streams import Door


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False, proxies: Networks = ()) -> Door:
    """Listen and serve; ``tls`` means TLS from the first byte. Raises OSError."""
    limits = limits_of(context.settings)
    return await open_door(
        MxReception(context),
        limits,
        listens,
        context=context.tls,
        room=context.room,
        tls_first=tls,
        trusted=context.settings.xclient_networks,
        proxies=proxies,
    )
