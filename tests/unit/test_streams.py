"""Doors: keeping sessions, saying farewell."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.listening import bind, bound_to
from mailnode.settings import Listen
from mailnode.streams import Door
from tests.support.echo import LOOPBACK, Echo, connect


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
