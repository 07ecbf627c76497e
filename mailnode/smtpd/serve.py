"""Open an SMTP door: listen, and give every connection a session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from mailnode.peers import Connections
from mailnode.room import Room
from mailnode.settings import Listen, Settings
from mailnode.smtpd.commands import obey
from mailnode.smtpd.reception import Limits, Reception
from mailnode.smtpd.session import Setup, SmtpSession
from mailnode.streams import Door


async def open_door(
    reception: Reception,
    limits: Limits,
    listens: Sequence[Listen],
    *,
    context: ssl.SSLContext | None,
    room: Room,
    tls_first: bool = False,
) -> Door:
    """Listen and serve. ``tls_first``: TLS from the first byte; else STARTTLS. Raises OSError."""
    loop = asyncio.get_running_loop()
    setup = Setup(reception, limits, Connections(limits.connections), room, context, obey)
    return await Door.open(lambda door: SmtpSession(setup, door, loop), listens, ssl=context if tls_first else None)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        message_size=settings.message_size_limit,
        recipients=settings.recipient_limit,
        connections=settings.connections_per_address,
    )
