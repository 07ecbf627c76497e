"""The relay against scripted peers: what each way of misbehaving means for the recipients."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, cast

import pytest
import uvloop

from mailnode.queue.envelope import Deadline
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.relay.connection import Manner
from tests.support import ports
from tests.support.smtp_peer import DROP, EHLO, PLAIN_EHLO, SILENT, Peer
from tests.unit.relay.relaying import CONTENT, Relaying, relayed

HASTY = Manner("me.test", patience=0.001)


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    async def within() -> Any:
        return await asyncio.wait_for(test(), 120)

    return uvloop.run(within())  # as in production


def with_peer(script: dict[str, Any], test: Callable[[Peer], Awaitable[Any]]) -> tuple[Peer, Any]:
    async def go() -> tuple[Peer, Any]:
        async with Peer(script) as peer:
            return peer, await test(peer)

    found: tuple[Peer, Any] = run(go)
    return found


def test_a_message_arrives_as_it_was() -> None:
    peer, outcomes = with_peer({}, lambda peer: relayed(Relaying(peer), "b@example.org", "c@example.org"))
    assert outcomes == [Delivered("2.0.0", "250 2.0.0 Queued", "mx1.test", reports=True)] * 2
    [taken] = peer.taken
    assert (taken.sender, taken.recipients) == ("a@example.com", ("b@example.org", "c@example.org"))
    assert taken.content.replace(b"\r\n..", b"\r\n.") == CONTENT


@pytest.mark.parametrize("script", [{"EHLO": PLAIN_EHLO}, {"EHLO": "500 What?"}])
def test_old_servers_are_spoken_to_simply(script: dict[str, Any]) -> None:
    peer, outcomes = with_peer(script, lambda peer: relayed(Relaying(peer), ret="HDRS", envid="x"))
    assert outcomes == [Delivered("2.0.0", "250 2.0.0 Queued", "mx1.test")]
    assert "MAIL FROM:<a@example.com>" in peer.taken[0].commands


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "content"])
def test_4xx_defers_at_every_stage(stage: str) -> None:
    peer, [outcome] = with_peer({stage: "450-4.2.1 Not\r\n450 4.2.1 now"}, lambda peer: relayed(Relaying(peer)))
    assert outcome == Deferred("4.2.1", outcome.text, outcome.remote)
    assert "Not" in outcome.text
    assert peer.taken == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "content"])
def test_5xx_about_the_message_fails(stage: str) -> None:
    _, outcomes = with_peer({stage: "550 5.7.1 Never"}, lambda peer: relayed(Relaying(peer)))
    assert outcomes == [Failed("5.7.1", "550 5.7.1 Never", "mx1.test")]


@pytest.mark.parametrize("stage", ["connect", "EHLO"])
def test_5xx_about_the_connection_is_temporary(stage: str) -> None:
    script = {stage: "554 5.7.1 Go away", "HELO": "554 5.7.1 Go away"}
    _, outcomes = with_peer(script, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcomes[0], Deferred)


def test_a_code_without_status_gets_one() -> None:
    _, outcomes = with_peer({"RCPT": "550 No such user"}, lambda peer: relayed(Relaying(peer)))
    assert outcomes == [Failed("5.0.0", "550 No such user", "mx1.test")]


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "middle", "content"])
def test_a_connection_that_breaks_defers(stage: str) -> None:
    peer, outcomes = with_peer({stage: DROP}, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].status.startswith("4.4.")
    assert peer.taken == []


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "content"])
def test_a_silent_server_defers(stage: str) -> None:
    _, outcomes = with_peer({stage: SILENT}, lambda peer: relayed(Relaying(peer, manner=HASTY)))
    assert isinstance(outcomes[0], Deferred)
    assert "in time" in outcomes[0].text


def test_a_server_that_goes_on_greeting_without_an_end_defers() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"220-Welcome\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)

    async def go() -> Any:
        async with await asyncio.start_server(greet, "127.0.0.1") as server:
            return await relayed(Relaying(server.sockets[0].getsockname()[1], manner=HASTY))

    [outcome] = run(go)
    assert isinstance(outcome, Deferred)
    assert "in time" in outcome.text


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_421_leads_to_the_next_host(stage: str) -> None:
    async def go() -> None:
        async with Peer({stage: "421 4.3.2 Shutting down"}) as first, Peer() as second:
            assert isinstance((await relayed(Relaying(first, second)))[0], Delivered)
            assert len(second.taken) == 1

    run(go)


def test_nobody_listens() -> None:
    async def go() -> list[Any]:
        with ports.refusing() as nobody:
            return await relayed(Relaying(nobody))

    [outcome] = run(go)
    assert outcome == Deferred("4.4.1", "mx1.test [127.0.0.1]: Connection refused")


def test_the_next_host_is_tried_where_one_cannot_be_reached() -> None:
    async def go() -> None:
        async with Peer() as second:
            with ports.refusing() as nobody:
                [outcome] = await relayed(Relaying(nobody, second))
            assert outcome == Delivered("2.0.0", "250 2.0.0 Queued", "mx2.test", reports=True)

    run(go)


def test_only_those_who_are_left_are_tried_at_the_next_host() -> None:
    async def go() -> None:
        replies = ["250 Ok", "450 4.2.1 Later", "550 5.1.1 Nobody"]
        async with Peer({"RCPT": replies}) as first, Peer() as second:
            outcomes = await relayed(Relaying(first, second), "b@example.org", "c@example.org", "d@example.org")
            assert [type(one) for one in outcomes] == [Delivered, Delivered, Failed]
            assert first.taken[0].recipients == ("b@example.org",)
            assert second.taken[0].recipients == ("c@example.org",)

    run(go)


def test_a_message_whose_answer_was_lost_is_not_tried_at_another_host_at_once() -> None:
    async def go() -> None:
        async with Peer({"content": DROP}) as first, Peer() as second:
            assert isinstance((await relayed(Relaying(first, second)))[0], Deferred)
            assert second.taken == []

    run(go)


def test_a_connection_is_used_for_many_messages() -> None:
    async def go() -> int:
        async with Peer() as peer:
            relaying = Relaying(peer)
            for number in range(1, 6):
                relaying.all_ended.clear()
                relaying.send("b@example.org", number=number)
                await relaying.outcomes()
            await relaying.close()
            assert len(peer.taken) == 5
            return peer.connections

    assert run(go) == 1


def test_a_refused_message_does_not_spoil_the_next_one() -> None:
    async def go() -> None:
        async with Peer({"content": ["550 5.7.1 Bad", "250 Ok"]}) as peer:
            relaying = Relaying(peer)
            relaying.send("b@example.org", number=1)
            await relaying.outcomes()
            relaying.all_ended.clear()
            relaying.send("b@example.org", number=2)
            assert [type(one) for one in await relaying.outcomes()] == [Failed, Delivered]
            await relaying.close()
            assert peer.connections == 1

    run(go)


def test_a_kept_connection_that_the_host_has_closed_is_no_failure() -> None:
    async def go() -> None:
        async with Peer({"content": ["250 Ok", "250 Ok"], "RSET": DROP, "MAIL": ["250 Ok", DROP, "250 Ok"]}) as peer:
            relaying = Relaying(peer, idle=5)
            relaying.send("b@example.org", number=1)
            await relaying.outcomes()
            relaying.all_ended.clear()
            relaying.send("b@example.org", number=2)
            assert [type(one) for one in await relaying.outcomes()] == [Delivered, Delivered]
            await relaying.close()
            assert peer.connections == 2

    run(go)


def test_connections_to_one_destination_are_limited() -> None:
    async def go() -> None:
        async with Peer() as peer:
            peer.delay = 0.01
            relaying = Relaying(peer)
            for number in range(1, 101):
                relaying.send("b@example.org", number=number)
            assert len(await relaying.outcomes()) == 100
            await relaying.close()
            assert 5 <= peer.most_open <= 20
            assert len(peer.taken) == 100

    run(go)


def test_connections_of_all_lanes_together_are_limited() -> None:
    async def go() -> None:
        async with Peer() as peer:
            relaying = Relaying(peer, places=3, idle=5)
            for number in range(1, 31):
                relaying.send("b@example.org", number=number, destination=f"{number}.example")
            assert {type(one) for one in await relaying.outcomes()} == {Delivered}
            await relaying.close()
            assert peer.most_open <= 4  # one may still be saying goodbye

    run(go)


class Small(Peer):
    """Takes two connections at a time and sends the others away."""

    let_in: ClassVar[list[asyncio.Task[None]]] = []

    def answer(self, key: str) -> str:
        let_in = [session for session in self.let_in if not session.done()]
        if key == "connect" and len(let_in) >= 2:
            return "421 4.7.0 Too many connections"
        if key == "connect":
            Small.let_in = [*let_in, cast("asyncio.Task[None]", asyncio.current_task())]
        return super().answer(key)


def test_a_host_that_limits_connections_gets_all_messages_by_those_it_lets_in() -> None:
    async def go() -> None:
        async with Small() as peer:
            peer.delay = 0.005
            relaying = Relaying(peer)
            for number in range(1, 61):
                relaying.send("b@example.org", number=number)
            assert {type(one) for one in await relaying.outcomes()} == {Delivered}
            await relaying.close()
            assert len(peer.taken) == 60

    run(go)


def test_all_that_waits_for_an_unreachable_destination_ends_at_once() -> None:
    async def go() -> None:
        with ports.refusing() as nobody:
            relaying = Relaying(nobody)
            for number in range(1, 201):
                relaying.send("b@example.org", number=number)
            assert {type(one) for one in await relaying.outcomes()} == {Deferred}
            await relaying.close()

    run(go)


def test_no_route_ends_the_message() -> None:
    async def go() -> list[Any]:
        return await relayed(Relaying(route=Failed("5.1.2", "no such domain")))

    assert run(go) == [Failed("5.1.2", "no such domain")]


def test_wide_addresses_need_smtputf8() -> None:
    peer, outcomes = with_peer({}, lambda peer: relayed(Relaying(peer), "bär@example.org"))
    assert isinstance(outcomes[0], Delivered)
    assert "SMTPUTF8" in next(line for line in peer.taken[0].commands if line.startswith("MAIL"))


def test_wide_addresses_fail_where_smtputf8_is_missing() -> None:
    _, outcomes = with_peer({"EHLO": PLAIN_EHLO}, lambda peer: relayed(Relaying(peer), "bär@example.org"))
    assert isinstance(outcomes[0], Failed)
    assert outcomes[0].status == "5.6.7"


def test_a_domain_beyond_ascii_needs_no_smtputf8() -> None:
    peer, _ = with_peer({"EHLO": PLAIN_EHLO}, lambda peer: relayed(Relaying(peer), "b@bücher.example"))
    assert peer.taken[0].recipients == ("b@xn--bcher-kva.example",)


def test_smtputf8_is_not_asked_for_without_need() -> None:
    peer, _ = with_peer({"EHLO": PLAIN_EHLO}, lambda peer: relayed(Relaying(peer), smtputf8=True))
    assert len(peer.taken) == 1


def test_octets_beyond_ascii_are_announced() -> None:
    content = "Subject: x\r\n\r\nGrüße\r\n".encode()
    peer, _ = with_peer({}, lambda peer: relayed(Relaying(peer, content=content)))
    assert "BODY=8BITMIME" in next(line for line in peer.taken[0].commands if line.startswith("MAIL"))
    assert peer.taken[0].content == content


def test_wishes_about_reports_travel_on() -> None:
    peer, _ = with_peer({}, lambda peer: relayed(Relaying(peer), ret="FULL", envid="a b"))
    mail = next(line for line in peer.taken[0].commands if line.startswith("MAIL"))
    assert mail.endswith("RET=FULL ENVID=a+20b")


def test_a_time_to_arrive_by_travels_on() -> None:
    script = {"EHLO": EHLO.replace("250-DSN", "250-DSN\r\n250-DELIVERBY")}
    by = Deadline(int(time.time()) + 3600, "R")
    peer, _ = with_peer(script, lambda peer: relayed(Relaying(peer), deadline=by))
    mail = next(line for line in peer.taken[0].commands if line.startswith("MAIL"))
    assert re.search(r" BY=3[56]\d\d;R$", mail)


@pytest.mark.parametrize(("seconds", "status"), [(3600, "5.3.3"), (0, "5.4.7")])
def test_what_may_come_too_late_is_given_back(seconds: int, status: str) -> None:
    by = Deadline(int(time.time()) + seconds, "R")
    peer, outcomes = with_peer({}, lambda peer: relayed(Relaying(peer), deadline=by))
    assert (peer.taken, outcomes[0].status) == ([], status)


def test_a_server_that_talks_nonsense_defers() -> None:
    _, outcomes = with_peer({"MAIL": "banana"}, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcomes[0], Deferred)


def test_a_server_says_how_much_it_takes_at_once() -> None:
    limited = EHLO.replace("250-DSN", "250-LIMITS RCPTMAX=2 MAILMAX=1")

    async def both(peer: Peer) -> None:
        relaying = Relaying(peer)
        relaying.send(*[f"b{number}@example.org" for number in range(3)], number=1)
        relaying.send("c@example.org", number=2)
        await relaying.outcomes(60)
        await relaying.close()

    peer, _ = with_peer({"EHLO": limited}, both)
    assert sorted(len(taken.recipients) for taken in peer.taken) == [1, 1, 2]
    assert peer.connections == 2


def test_more_than_a_hundred_recipients_take_several_transactions() -> None:
    addresses = [f"b{n}@example.org" for n in range(250)]
    peer, outcomes = with_peer({}, lambda peer: relayed(Relaying(peer), *addresses))
    assert len(outcomes) == 250
    assert sorted(len(taken.recipients) for taken in peer.taken) == [50, 100, 100]


@pytest.mark.parametrize("local", ["نامه\u200cای", "soft\u00adhyphen", "\U0001fae8"])
def test_letters_that_cannot_be_seen_or_are_not_known_here_are_no_control_characters(local: str) -> None:
    """The door takes such addresses, and the other recipients of the message must not wait for one of them."""
    peer, outcomes = with_peer({}, lambda peer: relayed(Relaying(peer), "b@example.org", f"{local}@example.org"))
    assert [type(one) for one in outcomes] == [Delivered, Delivered]
    assert peer.taken[0].recipients == ("b@example.org", f"{local}@example.org")
