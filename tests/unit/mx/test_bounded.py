"""A resolver that never answers: it costs a moment, then nothing, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.mx import bounded, client, serve
from mailnode.mx.bounded import UNHEARD, Bounded
from mailnode.mx.policy import Policy
from mailnode.resolver import Answer, Resolver, Status
from tests.support.bind9 import Named
from tests.support.smtp_doors import SmtpDoors, Talk


@pytest.fixture
def silence() -> Iterator[str]:
    """A name server that takes questions and never says anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{deaf.getsockname()[1]}"


class Turning:
    """A resolver that is silent until it is told otherwise; then it is a real one."""

    def __init__(self, silent: str, talking: str) -> None:
        self.now, self._later = Resolver([silent]), Resolver([talking])
        self.asked = 0

    def turn(self) -> None:
        self.now = self._later

    def __getattr__(self, question: str) -> object:
        self.asked += 1
        return getattr(self.now, question)


def test_a_silent_resolver_is_let_be_until_it_answers_again(silence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "AGAIN", 0.05)
    zone = "$TTL 60\n@ IN SOA ns h 1 60 60 60 60\n@ IN NS ns\nns A 127.0.0.1\n"

    async def run(named: Named) -> None:
        turning = Turning(silence, named.address)
        asking = Bounded(turning, seconds=0.2)  # type: ignore[arg-type]
        answers = await asyncio.gather(*(asking.a(f"{number}.a.test") for number in range(UNHEARD)))
        assert {one.status for one in answers} == {Status.TEMPORARY}
        while not asking.silent:
            await asyncio.sleep(0.01)
        asked = turning.asked
        assert {(await asking.txt("a.test")).status for _ in range(50)} == {Status.TEMPORARY}
        assert turning.asked < asked + 60  # every question is made, and closed unasked; the listening goes on
        turning.turn()
        while asking.silent:
            await asyncio.sleep(0.01)
        asking._seconds = 60.0
        assert (await asking.a("ns.a.test")).records == ("127.0.0.1",)

    with Named({"a.test": zone, "invalid": zone}) as named:
        asyncio.run(asyncio.wait_for(run(named), 60))


def test_slow_domains_do_not_silence_a_resolver_that_lives(silence: str) -> None:
    """Its own questions are not answered in time, but the one that it knows itself is."""

    class Slow(Turning):
        def kept(self, _name: str, _kind: str) -> None:
            """Nothing is."""

        def __getattr__(self, question: str) -> object:
            async def asked(name: str) -> object:
                self.asked += 1
                chosen = self._later if name.endswith(".invalid") else self.now
                return await getattr(chosen, question)(name)

            return asked

    async def run(named: Named) -> None:
        slow = Slow(silence, named.address)
        asking = Bounded(slow, seconds=0.5)  # type: ignore[arg-type]
        await asyncio.gather(*(asking.a(f"{number}.a.test") for number in range(UNHEARD)))
        assert asking._listening is not None
        asking._seconds = 60.0
        await asking._listening
        assert (asking.silent, asking._unheard) == (False, 0)

    with Named({"invalid": "$TTL 60\n@ IN SOA ns h 1 60 60 60 60\n@ IN NS ns\nns A 127.0.0.1\n"}) as named:
        asyncio.run(asyncio.wait_for(run(named), 120))


def test_what_is_known_is_not_asked_for_again_but_of_a_resolver_that_is_silent() -> None:
    class Known:
        def kept(self, name: str, kind: str) -> Answer[str] | None:
            return Answer(Status.FOUND, ("192.0.2.1",)) if (name, kind) == ("known.test", "A") else None

    async def run() -> None:
        asking = Bounded(Known())  # type: ignore[arg-type]
        assert (await asking.a("known.test")).records == ("192.0.2.1",)
        assert asking.kept("known.test", "AAAA") is None
        asking.silent = True
        assert asking.kept("known.test", "A") is None

    asyncio.run(run())


def test_strangers_and_others_are_served_without_a_dns(
    silence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 0.3)
    monkeypatch.setattr(client, "is_public", lambda _: True)
    monkeypatch.setattr(Policy, "is_ours", lambda _, peer: peer.address == "127.0.0.1")
    settings = {
        "nameservers": silence,
        "dns_lists": "a.test b.test",
        "smtpd_restrictions": "reject_unauth_destination",
        "greeting_delay": 0,
    }
    with SmtpDoors(serve, tmp_path, **settings) as door:
        with Talk(door.port, source="127.0.1.1") as stranger, Talk(door.port) as ours:
            stranger.say("MAIL FROM:<a@b.test>")
            assert ours.send("c@d.test", ["ann@example.com"]).startswith("250")
            assert stranger.say("RCPT TO:<ann@example.com>").startswith("250")
        for _ in range(3):
            with Talk(door.port, source="127.0.1.2") as again:
                assert again.send("", ["ann@example.com"]).startswith(("250", "450 4.7.1 greylist"))
        assert len(door.inbox("ann")) >= 1
