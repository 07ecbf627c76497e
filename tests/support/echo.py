"""A door whose sessions say hello and bye."""

from __future__ import annotations

import asyncio

from mailnode.settings import Listen
from mailnode.streams import Door

LOOPBACK = Listen("127.0.0.1", 0)


class Echo(asyncio.Protocol):
    """A session that says bye when it is drained."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.door.add(self)
        transport.write(b"hello\n")

    def connection_lost(self, error: Exception | None) -> None:
        self.door.discard(self)

    def drain(self) -> None:
        self.transport.write(b"bye\n")
        self.transport.close()


async def connect(door: Door) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(door.addresses[0].host, door.addresses[0].port)
