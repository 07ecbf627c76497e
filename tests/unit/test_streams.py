"""Doors: sharing ports, keeping sessions, saying farewell."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mailnode import streams
from mailnode.settings import Listen
from mailnode.streams import Door, bind, bound_to, give

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


def test_sessions_are_kept_told_and_waited_for() -> None:
    async def play() -> None:
        door = await Door.open(Echo, [LOOPBACK])
        reader, writer = await connect(door)
        assert await reader.readline() == b"hello\n"
        assert len(door.sessions) == 1
        door.close()
        door.close()
        assert await reader.read() == b"bye\n"
        await asyncio.wait_for(door.wait_closed(), 60)
        assert door.sessions == ()
        with pytest.raises(ConnectionRefusedError):
            await connect(door)
        writer.close()

    asyncio.run(play())


def test_a_session_that_comes_while_draining_is_told_at_once() -> None:
    told: list[str] = []

    class Late:
        def drain(self) -> None:
            told.append("bye")

    async def play() -> None:
        door = await Door.open(Echo, [LOOPBACK])
        door.close()
        late = Late()
        door.add(late)
        assert told == ["bye"]
        door.discard(late)
        await door.wait_closed()

    asyncio.run(play())


def test_two_doors_share_a_port() -> None:
    async def play() -> None:
        first = await Door.open(Echo, [LOOPBACK])
        second = await Door.open(Echo, first.addresses)
        assert first.addresses == second.addresses
        pairs = [await connect(first) for _ in range(40)]
        assert [await reader.readline() for reader, _ in pairs] == [b"hello\n"] * 40
        assert min(len(first.sessions), len(second.sessions)) > 0
        for _, writer in pairs:
            writer.close()
        first.close()
        second.close()

    asyncio.run(play())


def test_a_door_uses_the_socket_it_was_given() -> None:
    async def play() -> None:
        [given] = bind(LOOPBACK, shared=False)
        given.listen()
        place, waiting = bound_to(given), socket.create_connection(given.getsockname())
        give([given], after=0.0)
        door = await Door.open(Echo, [place])
        assert await asyncio.to_thread(waiting.recv, 6) == b"hello\n"
        waiting.close()
        door.close()
        assert given.fileno() == -1

    asyncio.run(play())


async def in_turns() -> tuple[Door, Door]:
    """Two doors of one socket, of which the second one stands back for an hour."""
    [given] = bind(LOOPBACK, shared=False)
    give([given.dup()], after=0.0)
    first = await Door.open(Echo, [bound_to(given)])
    give([given], after=3600.0)
    return first, await Door.open(Echo, first.addresses)


async def heard(door: Door) -> asyncio.StreamWriter:
    """A connection that somebody has greeted."""
    reader, writer = await connect(door)
    assert await reader.readline() == b"hello\n"
    return writer


def test_who_stands_back_takes_nobody_while_the_first_has_time() -> None:
    async def play() -> None:
        first, second = await in_turns()
        writers = [await heard(first) for _ in range(20)]
        assert (len(first.sessions), len(second.sessions)) == (20, 0)
        for one in writers:
            one.close()
        first.close()
        second.close()

    asyncio.run(play())


def test_who_stands_back_takes_those_who_have_waited() -> None:
    async def play() -> None:
        [given] = bind(LOOPBACK, shared=False)
        given.listen()
        give([given], after=0.01)
        second = await Door.open(Echo, [bound_to(given)])
        writers = [await heard(second) for _ in range(6)]
        assert len(second.sessions) == 6
        for one in writers:
            one.close()
        second.close()

    asyncio.run(play())


def test_who_stands_back_hurries_when_the_others_have_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_in_a_hurry", [lambda: True])

    async def play() -> None:
        first, second = await in_turns()
        for server in first._servers:
            server.close()
        (await heard(second)).close()
        first.close()
        second.close()

    asyncio.run(play())


def test_one_address_that_cannot_be_had_leaves_none_open() -> None:
    async def play() -> None:
        [free] = bind(LOOPBACK)
        place = bound_to(free)
        free.close()
        with pytest.raises(OSError, match=r"."):
            await Door.open(Echo, [place, Listen("192.0.2.1", 0)])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(place.host, place.port)

    asyncio.run(play())


def test_a_name_stands_for_all_its_addresses() -> None:
    sockets = bind(Listen("localhost", 0))
    assert all(one.family in (socket.AF_INET, socket.AF_INET6) for one in sockets)
    for one in sockets:
        one.close()
