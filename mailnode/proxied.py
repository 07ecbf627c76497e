"""The header of the PROXY protocol, with which a proxy says in front of everything for whom a connection is.

It is read from trusted proxies only, and must come from them; what anybody else sends in its place is that client's
first command, like anything else.
"""

from __future__ import annotations

import asyncio
import socket

from mailnode.proto import proxy
from mailnode.proto.proxy import octets_missing

HEADER_SECONDS = 10.0

Address = tuple[str, int]


async def client_of(connection: socket.socket) -> Address | None:
    """Whom the proxy at the other end names; None: itself. Raises OSError and ProtocolError."""
    return await asyncio.wait_for(_read(connection), HEADER_SECONDS)


async def _read(connection: socket.socket) -> Address | None:
    """Read the header and not one octet more: what follows is TLS or the protocol."""
    loop = asyncio.get_running_loop()
    data = b""
    while missing := octets_missing(data):
        more = await loop.sock_recv(connection, missing)
        if not more:
            raise ConnectionResetError("it closed")
        data += more
    return proxy.client_of(data)
