"""Connections to one filter: so many at once, and kept for the next message where the protocol allows it.

A filter that has ended meanwhile closes the connection that we kept; so whoever fails on a kept one asks again on a
new one. To ask a filter twice does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from mailnode.errors import ProtocolError
from mailnode.octets import Octets, blocks
from mailnode.settings import FilterAt

AT_ONCE = 16  # questions to one filter, of one process
READ = 1 << 16
QUICK = getattr(socket, "TCP_QUICKACK", None)  # Linux

T = TypeVar("T")
State = TypeVar("State")
BROKEN = (OSError, EOFError, ProtocolError)  # what a talk raises when the other side is gone or talks nonsense


class Line(Generic[State]):
    """One connection. ``state`` is what the protocol remembers of it; ``keep`` says that it can be used again."""

    def __init__(self, place: FilterAt, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._socket = None if place.path else writer.get_extra_info("socket")
        self.state: State | None = None
        self.keep = False

    async def send(self, data: bytes) -> None:
        """Raises OSError."""
        self._writer.write(data)
        await self._writer.drain()

    async def send_all(self, octets: Octets, framed: Callable[[bytes], bytes] = bytes) -> None:
        """A message of any size, a block after the other, each as ``framed`` makes it. Raises OSError."""
        for block in blocks(octets):
            await self.send(framed(block))

    def end(self) -> None:
        """No more is sent; the answer can still be read."""
        if self._writer.can_write_eof():
            self._writer.write_eof()

    async def read(self) -> bytes:
        """Some octets, at least one. Raises EOFError at the end, OSError."""
        data = await self._reader.read(READ)
        if not data:
            raise EOFError("the connection was closed")
        self._acknowledge()
        return data

    def _acknowledge(self) -> None:
        """At once: a milter says in two pieces what it has found, and the kernel keeps the second one until the first
        was acknowledged, which it would otherwise put off for 40 ms."""
        if self._socket is not None and QUICK is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICK, 1)

    @property
    def is_open(self) -> bool:
        return not (self._reader.at_eof() or self._writer.is_closing())

    def close(self) -> None:
        self._writer.close()


class Connections(Generic[State]):
    """All connections to one filter."""

    def __init__(self, place: FilterAt) -> None:
        self._place = place
        self.turns = asyncio.Semaphore(AT_ONCE)  # whoever talks has one
        self._kept: list[Line[State]] = []

    async def talk(self, talk: Callable[[Line[State]], Awaitable[T]]) -> T:
        """Ask on a connection of one's own. Raises one of BROKEN."""
        while self._kept:
            line = self._kept.pop()
            if not line.is_open:
                line.close()
                continue
            try:
                return await self._on(line, talk)
            except BROKEN:
                break
        return await self._on(await self._open(), talk)

    async def _open(self) -> Line[State]:
        place = self._place
        if place.path:
            return Line(place, *await asyncio.open_unix_connection(place.path))
        return Line(place, *await asyncio.open_connection(place.host, place.port))

    async def _on(self, line: Line[State], talk: Callable[[Line[State]], Awaitable[T]]) -> T:
        line.keep = False
        try:
            answer = await talk(line)
        except BaseException:
            line.close()
            raise
        if line.keep:
            self._kept.append(line)
        else:
            line.close()
        return answer

    def close(self) -> None:
        while self._kept:
            self._kept.pop().close()
