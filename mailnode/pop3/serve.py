"""The POP3 door: 110 with STLS, 995 with TLS from the start."""

from __future__ import annotations

from collections.abc import Sequence

from mailnode.context import Context
from mailnode.peers import Connections
from mailnode.pop3.connection import Connection
from mailnode.settings import Listen, Networks
from mailnode.streams import Door


async def serve(context: Context, listens: Sequence[Listen], *, tls: bool = False, proxies: Networks = ()) -> Door:
    """Listen on these addresses; raises OSError when one is taken."""
    connections = Connections(context.settings.connections_per_address)

    def connection(door: Door) -> Connection:
        return Connection(context, connections, door, tls=tls)

    return await Door.open(connection, listens, ssl=context.tls if tls else None, proxies=proxies)
