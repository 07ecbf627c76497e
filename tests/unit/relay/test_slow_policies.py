"""Web servers that are slow to tell their policies keep nobody waiting but those who write to their domains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from mailnode.offload import Offload
from mailnode.relay import https, sts, sts_shelf
from mailnode.relay.https import Https
from mailnode.relay.sts import Policies
from mailnode.relay.sts_policy import Policy
from mailnode.relay.sts_shelf import Kept
from mailnode.resolver import Resolver
from tests.support.authority import Authority
from tests.support.bind9 import Named
from tests.support.https import TextServer
from tests.support.store import Store
from tests.support.together import Meet, at_once
from tests.unit.dispatch.managing import until
from tests.unit.relay import zone
from tests.unit.relay.zone import ANNOUNCED, SLOW, SLOW_ADDRESS, policy

WEB = f"mta-sts.{ANNOUNCED}"
DEAD = "127.0.0.3"


class Silent:
    """A server that takes connections and says nothing, not even TLS."""

    def __init__(self) -> None:
        self.open = 0

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while await reader.read(1 << 16):
                pass
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.close()

    @asynccontextmanager
    async def at(self, address: str, port: int) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._take, address, port)
        try:
            yield
        finally:
            server.close()


class Internet:
    """A DNS, whom to trust, and the policies of one relay."""

    def __init__(self, dns: Named, authority: Authority, store: Store) -> None:
        self.resolver = Resolver([dns.address])
        self.authority = authority
        self.store = store

    def https(self, port: int) -> Https:
        return Https(self.resolver, self.authority.trusting(), port)

    def run(self, go: Callable[[TextServer, Policies], Awaitable[None]], held: asyncio.Event | None = None) -> None:
        """With a web server for the announced domain, which answers once ``held`` is set."""

        async def run() -> None:
            async with TextServer(self.authority.server(WEB), policy(), held=held) as web:
                policies = Policies(self.resolver, self.https(web.port), offload)
                await go(web, policies)
                await policies.close()

        offload = Offload(self.store.engine)
        try:
            uvloop.run(asyncio.wait_for(run(), 120))
        finally:
            offload.close()


@pytest.fixture(scope="module")
def dns() -> Iterator[Named]:
    with zone.zones() as server:
        yield server


@pytest.fixture
def internet(dns: Named, tmp_path_factory: pytest.TempPathFactory, sqlite_store: Store) -> Internet:
    return Internet(dns, Authority(tmp_path_factory.mktemp("authority")), sqlite_store)


def test_a_slow_server_of_many_domains_keeps_no_other_domain_waiting(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "CONNECT_TIMEOUT", 60.0)
    slow = Silent()

    async def go(web: TextServer, policies: Policies) -> None:
        async with slow.at(SLOW_ADDRESS, web.port):
            asked = [asyncio.create_task(policies.of(domain)) for domain in SLOW]
            await until(lambda: slow.open == sts.EACH)
            assert (await policies.of(ANNOUNCED)).policy is not None
            assert slow.open == sts.EACH
            assert not any(task.done() for task in asked)
            for task in asked:
                task.cancel()

    internet.run(go)


def test_mail_waits_for_a_slow_server_once_and_not_for_long(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server says in the end is of use to those who come later."""
    monkeypatch.setattr(sts, "PATIENCE", 0.05)
    held = asyncio.Event()

    async def go(web: TextServer, policies: Policies) -> None:
        for _ in range(3):
            looked = await policies.of(ANNOUNCED)
            assert (looked.policy, looked.fault) == (None, "sts-policy-fetch-error")
        held.set()
        while (await policies.of(ANNOUNCED)).policy is None:
            await asyncio.sleep(0.02)
        assert len(web.requests) == 1

    internet.run(go, held)


def test_a_host_that_was_slow_is_not_asked_again_at_once(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "CONNECT_TIMEOUT", 0.05)
    taken: list[str] = []

    async def go(web: TextServer, policies: Policies) -> None:
        server = await asyncio.start_server(lambda *_: taken.append(""), SLOW_ADDRESS, web.port)
        async with server:
            for _ in range(3):
                assert (await policies.of(SLOW[0])).fault == "sts-policy-fetch-error"
            assert len(taken) <= 1

    internet.run(go)


def test_an_address_that_does_not_answer_leaves_time_for_the_next(internet: Internet) -> None:
    async def go(web: TextServer, policies: Policies) -> None:
        async with Silent().at(DEAD, web.port):
            text = await internet.https(web.port).text(WEB, [DEAD, "127.0.0.1"], "/x", 1000)
        assert text == policy().encode()

    internet.run(go)


def test_two_processes_that_have_fetched_the_same_both_keep_it(store: Store) -> None:
    domains, kept = [f"{number}.test" for number in range(10)], []

    def put(meet: Meet) -> None:
        for domain in domains:
            meet()
            with store.write() as tx:
                sts_shelf.put(tx, domain, Kept("first", Policy("none", 99), 1, 2**40))
                kept.append(domain)

    at_once(put, put)
    assert sorted(kept) == sorted(domains * 2)
