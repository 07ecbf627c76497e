"""The POP3 door: 110 with STLS, 995 with TLS from the start."""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.context import Context
from mailnode.pop3.connection import Connection
from mailnode.settings import Listen
from mailnode.streams import Door


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False) -> Door:
    """Listen on these addresses; raises OSError when one is taken."""
    return await Door.open(lambda door: Connection(context, door, tls=tls), listens, ssl=context.tls if tls else None)
