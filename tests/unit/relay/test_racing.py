"""Two addresses of a host raced, with a door that swallows packets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest
import uvloop

from mailnode.queue.outcome import Delivered
from mailnode.relay.racing import Unreachable, contenders, reach
from mailnode.relay.route import Host, Route
from tests.support import ports
from tests.support.smtp_peer import Peer
from tests.unit.relay.relaying import Relaying, relayed

SIX, FOUR, OTHER = Host("a.test", "::1", 25), Host("a.test", "127.0.0.1", 25), Host("b.test", "127.0.0.1", 25)


@pytest.mark.parametrize(
    ("hosts", "racing"),
    [
        ([SIX, FOUR, OTHER], (SIX, FOUR)),
        ([FOUR, OTHER, SIX], (FOUR, SIX)),
        ([SIX, OTHER], (SIX,)),
        ([FOUR, Host("a.test", "127.0.0.2", 25)], (FOUR,)),
    ],
)
def test_the_first_races_with_its_other_family(hosts: list[Host], racing: tuple[Host, ...]) -> None:
    assert contenders(hosts) == racing


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port whose queue of connections is full: whoever else knocks hears nothing."""
    with contextlib.ExitStack() as held:
        door = held.enter_context(socket.socket())
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(8):
            knocking = held.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(door.getsockname())
        yield door.getsockname()[1]


def reached(*hosts: Host, patience: float = 60.0) -> Host:
    async def go() -> Host:
        host, made = await reach(hosts, "127.0.0.1", patience)
        made.close()
        return host

    return uvloop.run(asyncio.wait_for(go(), 100))


def test_a_silent_address_costs_a_moment() -> None:
    with silent() as port, socket.create_server(("127.0.0.1", 0)) as door:
        first, second = Host("a.test", "127.0.0.1", port), Host("a.test", "127.0.0.1", door.getsockname()[1])
        assert reached(first, second) == second


def test_a_refusing_address_is_passed_at_once() -> None:
    with ports.refusing() as port, socket.create_server(("127.0.0.1", 0)) as door:
        first, second = Host("a.test", "127.0.0.1", port), Host("a.test", "127.0.0.1", door.getsockname()[1])
        assert reached(first, second) == second


def test_nobody_there() -> None:
    with ports.refusing() as port, silent() as other, pytest.raises(Unreachable) as caught:
        reached(Host("a.test", "127.0.0.1", port), Host("a.test", "127.0.0.1", other), patience=0.5)
    assert [type(one) for one in caught.value.errors] == [ConnectionRefusedError, TimeoutError]


def test_a_message_goes_by_the_family_that_answers() -> None:
    async def go() -> None:
        async with Peer() as peer:
            hosts = tuple(Host("mx.test", address, peer.port) for address in ("::1", "127.0.0.1"))
            [outcome] = await relayed(Relaying(route=Route(hosts)))
            assert isinstance(outcome, Delivered)
            assert outcome.way is not None
            assert outcome.way.address == "127.0.0.1"

    uvloop.run(asyncio.wait_for(go(), 100))
