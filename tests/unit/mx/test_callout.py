"""A backup MX asks the better one about a recipient, and believes nothing but a clear no."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from mailnode.mx.callout import Callout
from mailnode.proto.address import Address
from mailnode.proto.replies import Reply
from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay.route import Host, Route
from tests.support import ports
from tests.support.smtp_peer import DROP, Peer

SOMEBODY = Address("somebody", "backup.example")


class Routes:
    """Leads everything to these ports."""

    def __init__(self, *places: int) -> None:
        self.asked = 0
        self.found: Route | Deferred | Failed = Route(
            tuple(Host(f"mx{number}.test", "127.0.0.1", port) for number, port in enumerate(places, 1))
        )

    async def route(self, destination: str) -> Route | Deferred | Failed:
        self.asked += 1
        return self.found


def asked(script: dict[str, str], recipient: Address = SOMEBODY) -> Reply | None:
    async def go() -> Reply | None:
        async with Peer(script) as peer:
            return await asyncio.wait_for(Callout("me.test", Routes(peer.port)).refusal(recipient), 120)

    return uvloop.run(go())


def test_nobody_there() -> None:
    assert str(asked({"RCPT": "550 5.1.1 No such user"})) == "550 5.1.1 mx1.test knows no such recipient"


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"RCPT": "450 4.2.1 Later"},
        {"RCPT": "554 5.7.1 You are on a list"},
        {"RCPT": "550 5.7.1 Not from you"},
        {"MAIL": "550 5.1.1 No null sender here"},
        {"connect": "554 5.7.1 Go away"},
        {"RCPT": DROP},
        {"EHLO": "nonsense"},
    ],
)
def test_all_else_is_no_reason_to_refuse(script: dict[str, str]) -> None:
    assert asked(script) is None


def test_a_better_mx_that_is_not_there_is_why_we_are() -> None:
    with ports.refusing() as port:
        assert uvloop.run(Callout("me.test", Routes(port)).refusal(SOMEBODY)) is None


def test_without_a_route_nobody_is_asked() -> None:
    routes = Routes()
    routes.found = Deferred("4.4.3", "The DNS does not answer")
    assert uvloop.run(Callout("me.test", routes).refusal(SOMEBODY)) is None


@pytest.mark.parametrize("script", [{}, {"RCPT": "550 5.1.1 No such user"}])
def test_an_answer_is_kept(script: dict[str, str]) -> None:
    async def go() -> tuple[Reply | None, Reply | None, int]:
        async with Peer(script) as peer:
            callout = Callout("me.test", routes := Routes(peer.port))
            return await callout.refusal(SOMEBODY), await callout.refusal(SOMEBODY), routes.asked

    first, second, times = uvloop.run(go())
    assert (first, times) == (second, 1)
