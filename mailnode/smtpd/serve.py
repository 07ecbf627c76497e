"""Open an SMTP door: listen, and give every connection a session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from mailnode.peers import Connections
from mailnode.room import Room
from mailnode.settings import Listen, Networks, Settings
from mailnode.smtpd.commands import obey
from mailnode.smtpd.reception import NO_OFFERS, Limits, Offers, Reception
from mailnode.smtpd.session import Each, Setup, SmtpSession
from mailnode.streams import Door


async def open_door(
    reception: Reception,
    limits: Limits,
    listens: Sequence[Listen],
    *,
    context: ssl.SSLContext | None,
    room: Room,
    tls_first: bool = False,
    offers: Offers = NO_OFFERS,
    trusted: Networks = (),
    proxies: Networks = (),
    each: Each | None = None,
) -> Door:
    """Listen and serve. Raises OSError.

    ``tls_first``: TLS from the first byte; else STARTTLS. ``trusted`` peers may use XCLIENT, ``proxies``
    say in front of everything for whom they speak. ``each``: the door speaks LMTP.
    """
    loop = asyncio.get_running_loop()
    connections = Connections(limits.connections, limits.network)
    setup = Setup(reception, limits, connections, room, context, obey, offers, trusted, each)
    return await Door.open(
        lambda door: SmtpSession(setup, door, loop),
        listens,
        ssl=context if tls_first else None,
        proxies=proxies,
    )


def limits_of(settings: Settings) -> Limits:
    return Limits(
        message_size=settings.message_size_limit,
        recipients=settings.recipient_limit,
        connections=settings.connections_per_address,
        network=settings.connections_per_network,
    )
