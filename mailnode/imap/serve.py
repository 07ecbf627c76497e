"""The IMAP listeners of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mailnode.context import Context
from mailnode.imap.bodies import Bodies
from mailnode.imap.connection import Connection
from mailnode.imap.shared import Shared
from mailnode.imap.views import Views
from mailnode.peers import Connections
from mailnode.settings import Listen, Networks
from mailnode.streams import Door


async def serve(context: Context, listens: Iterable[Listen], *, tls: bool = False, proxies: Networks = ()) -> Door:
    """Listen; ``tls`` for ports where TLS comes before the greeting (RFC 8314 §3.2). Raises OSError."""
    shared = Shared(Views(), Bodies(), Connections(context.settings.connections_per_address))

    def connection(door: Door) -> asyncio.BaseProtocol:
        return Connection(context, shared, door, tls=tls)

    return await Door.open(connection, listens, ssl=context.tls if tls else None, proxies=proxies)
