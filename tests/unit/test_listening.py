"""Sockets that listen: shared ports, and turns at one socket."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailnode import listening, log
from mailnode.listening import FIRST, MISSES, SELDOM, Listener, Turn, bind, bound_to, give
from mailnode.settings import Listen
from mailnode.streams import Door
from tests.support.echo import LOOPBACK, Echo, connect


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
        give([given], FIRST)
        door = await Door.open(Echo, [place])
        assert await asyncio.to_thread(waiting.recv, 6) == b"hello\n"
        waiting.close()
        door.close()
        assert given.fileno() == -1

    asyncio.run(play())


async def in_turns(hurry: Callable[[], bool] = lambda: False) -> tuple[Door, Door]:
    """Two doors of one socket, of which the second one stands back for an hour."""
    [given] = bind(LOOPBACK, shared=False)
    give([given.dup()], FIRST)
    first = await Door.open(Echo, [bound_to(given)])
    give([given], Turn(3600.0, hurry))
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
        give([given], Turn(0.01))
        second = await Door.open(Echo, [bound_to(given)])
        writers = [await heard(second) for _ in range(6)]
        assert len(second.sessions) == 6
        for one in writers:
            one.close()
        second.close()

    asyncio.run(play())


def test_who_finds_nobody_again_and_again_looks_seldom() -> None:
    async def play() -> None:
        [given] = bind(LOOPBACK, shared=False)
        give([given], Turn(10.0))
        door = await Door.open(Echo, [bound_to(given)])
        [listener] = door._servers
        assert isinstance(listener, Listener)
        for _ in range(MISSES - 1):
            listener._take_over()
        assert listener._timer is None
        listener._take_over()
        assert listener._timer is not None
        assert listener._timer.when() - asyncio.get_running_loop().time() > 10.0 * (SELDOM - 1)
        door.close()

    asyncio.run(play())


def test_who_has_found_nobody_still_takes_whoever_waits() -> None:
    async def play() -> None:
        [given] = bind(LOOPBACK, shared=False)
        give([given], Turn(0.01))
        door = await Door.open(Echo, [bound_to(given)])
        [listener] = door._servers
        assert isinstance(listener, Listener)
        listener._misses = MISSES
        listener._take_over()
        (await heard(door)).close()
        door.close()

    asyncio.run(play())


def test_who_stands_back_hurries_when_the_others_have_enough() -> None:
    async def play() -> None:
        first, second = await in_turns(hurry=lambda: True)
        for server in first._servers:
            server.close()
        (await heard(second)).close()
        first.close()
        second.close()

    asyncio.run(play())


def test_who_was_accepted_at_the_last_moment_is_told_so() -> None:
    async def play() -> None:
        [given] = bind(LOOPBACK, shared=False)
        give([given], Turn(3600.0))
        door = await Door.open(Echo, [bound_to(given)])
        reader, writer = await connect(door)
        [listener] = door._servers
        assert isinstance(listener, Listener)
        listener._accept()
        door.close()
        assert await asyncio.wait_for(reader.read(), 60) == b"bye\n"
        writer.close()

    asyncio.run(play())


class Scarce(socket.socket):
    """The first times that somebody could be accepted, the process has no more files."""

    asked, lacking = 0, 3

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        self.asked += 1
        if self.asked <= self.lacking:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


@contextmanager
def scarce(turn: Turn) -> Iterator[tuple[Listener, Scarce, socket.socket]]:
    """A listener, its socket, and a client who waits there."""
    [one] = bind(LOOPBACK, shared=False)
    lacking = Scarce(fileno=one.detach())
    made = Listener(lacking, (), lambda connection, _: listening.connect(Hello, connection, None, 1.0), turn)
    with socket.create_connection(lacking.getsockname()) as client:
        yield made, lacking, client
    made.close()


class Hello(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello\n")
        transport.close()


@pytest.mark.parametrize("turn", [FIRST, Turn(0.001), Turn(3600.0, lambda: True)])
def test_without_files_nobody_is_accepted_again_and_again(turn: Turn) -> None:
    async def play() -> None:
        with scarce(turn) as (listener, lacking, _):
            while not lacking.asked:
                await asyncio.sleep(0)
            for _ in range(100):  # turns of the loop, which all see somebody wait
                await asyncio.sleep(0)
            assert lacking.asked == 1
            assert listener._timer is not None
            assert 0 < listener._timer.when() - asyncio.get_running_loop().time() <= listening.PAUSE

    asyncio.run(play())


@pytest.mark.parametrize("turn", [FIRST, Turn(0.001), Turn(0.001, lambda: True)])
def test_whoever_waited_is_accepted_when_there_are_files_again(
    turn: Turn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listening, "PAUSE", 0.001)
    monkeypatch.setattr(log, "_lines", log._lines)  # put back at the end
    log.configure("json")

    async def play() -> None:
        with scarce(turn) as (_, lacking, client):
            assert await asyncio.wait_for(asyncio.to_thread(client.recv, 6), 60) == b"hello\n"
            assert lacking.asked > lacking.lacking

    asyncio.run(play())
    [line] = map(json.loads, capsys.readouterr().err.splitlines())  # one for all three times
    assert (line["event"], line["error"]) == ("nobody can be accepted", "Too many open files")


def test_a_name_stands_for_all_its_addresses() -> None:
    sockets = bind(Listen("localhost", 0))
    assert all(one.family in (socket.AF_INET, socket.AF_INET6) for one in sockets)
    for one in sockets:
        one.close()
