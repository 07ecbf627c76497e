"""Room in memory: bounded, fair, and never closed for a message that is larger than all of it."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.relay.room import SMALL, Room, Rooms


def test_what_fits_goes_together_and_the_rest_waits_its_turn() -> None:
    async def go() -> list[str]:
        room, log = Room(10), []

        async def send(name: str, size: int) -> None:
            async with room.taken(size):
                log.append(f"+{name}")
                await asyncio.sleep(0.01)
                log.append(f"-{name}")

        await asyncio.gather(send("a", 4), send("b", 6), send("c", 9), send("d", 1))
        return log

    log = asyncio.run(go())
    assert log[:2] == ["+a", "+b"]
    assert log.index("+c") > log.index("-b")
    assert log.index("+d") > log.index("+c")  # small ones do not overtake, or a large one would wait for ever


def test_a_message_larger_than_all_room_goes_alone() -> None:
    async def go() -> None:
        room = Room(10)
        async with room.taken(1000), asyncio.timeout(60):
            pass

    asyncio.run(go())


def test_one_who_gives_up_leaves_no_room_taken() -> None:
    async def go() -> None:
        room = Room(10)

        async def send() -> None:
            async with room.taken(10):
                pass

        async with room.taken(10):
            waiting = asyncio.create_task(send())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with room.taken(10), asyncio.timeout(60):
            pass

    asyncio.run(go())


def test_small_messages_do_not_wait_for_large_ones() -> None:
    async def go() -> None:
        rooms = Rooms(small=10, large=10)
        async with rooms.taken(SMALL + 1), asyncio.timeout(60), rooms.taken(5):
            pass

    asyncio.run(go())
