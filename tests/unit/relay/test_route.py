"""Routes, asked from a real bind9."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from mailnode.queue.outcome import Deferred, Failed
from mailnode.relay.route import Here, Host, Route, Router
from mailnode.resolver import Resolver
from mailnode.settings import Listen, Smarthost
from tests.support.bind9 import Named

ZONE = """
$TTL 300
@ IN SOA ns.example.test. admin.example.test. 1 3600 600 86400 7
@ IN NS ns
ns IN A 192.0.2.53
@ IN MX 20 backup
@ IN MX 10 mail
null IN MX 0 .
many IN MX 10 one
many IN MX 10 two
many IN MX 10 three
one IN A 192.0.2.11
two IN A 192.0.2.12
three IN A 192.0.2.13
mail IN A 192.0.2.1
mail IN A 192.0.2.2
mail IN AAAA 2001:db8::1
backup IN A 192.0.2.3
implicit IN A 192.0.2.4
alias IN CNAME @
named IN MX 5 hostalias
hostalias IN CNAME backup
empty IN TXT "neither mail nor address"
nowhere IN MX 5 missing
broken IN MX 5 mail.refused.example.
half IN MX 5 mail.refused.example.
half IN MX 10 backup
mine IN MX 10 me
mine IN MX 20 backup
better IN MX 5 mail
better IN MX 10 me
better IN MX 20 backup
me IN A 192.0.2.99
listens IN MX 10 front
front IN A 127.0.0.9
"""
HERE = Here(frozenset(["me.example.test"]), frozenset(["127.0.0.9"]))


@pytest.fixture(scope="module")
def server() -> Iterator[Named]:
    with Named({"example.test": ZONE}) as named:
        yield named


def route(server: Named, destination: str, **changes: object) -> Route | Deferred | Failed:
    async def ask() -> Route | Deferred | Failed:
        router = Router(Resolver([server.address]), HERE, random=Random(1))
        return await replace(router, **changes).route(destination)  # type: ignore[arg-type]

    return asyncio.run(ask())


def addresses(found: Route | Deferred | Failed) -> list[str]:
    assert isinstance(found, Route)
    return [host.address for host in found.hosts]


def test_by_preference_with_families_taking_turns(server: Named) -> None:
    found = addresses(route(server, "example.test"))
    assert (found[0], set(found[1:3]), found[3]) == ("2001:db8::1", {"192.0.2.1", "192.0.2.2"}, "192.0.2.3")


def test_without_ipv6(server: Named) -> None:
    assert "2001:db8::1" not in addresses(route(server, "example.test", ipv6=False))


def test_equal_preferences_are_shuffled(server: Named) -> None:
    orders = {tuple(addresses(route(server, "many.example.test", random=Random(seed)))) for seed in range(20)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(["192.0.2.11", "192.0.2.12", "192.0.2.13"])}


def test_null_mx_fails_at_once(server: Named) -> None:
    found = route(server, "null.example.test")
    assert isinstance(found, Failed)
    assert found.status == "5.1.10"


def test_implicit_mx(server: Named) -> None:
    assert route(server, "implicit.example.test", port=2525) == Route(
        (Host("implicit.example.test", "192.0.2.4", 2525),)
    )


def test_cname_of_the_domain(server: Named) -> None:
    assert "192.0.2.3" in addresses(route(server, "alias.example.test"))


def test_cname_of_the_host(server: Named) -> None:
    assert addresses(route(server, "named.example.test")) == ["192.0.2.3"]


@pytest.mark.parametrize(
    ("domain", "kind", "status"),
    [
        ("missing.example.test", Failed, "5.1.2"),
        ("empty.example.test", Failed, "5.4.4"),
        ("nowhere.example.test", Failed, "5.4.4"),
        ("refused.example", Deferred, "4.4.3"),
        ("broken.example.test", Deferred, "4.4.3"),
        ("mine.example.test", Failed, "5.4.6"),
        ("listens.example.test", Failed, "5.4.6"),
        ("", Failed, "5.1.2"),
        ("a..b", Failed, "5.1.2"),
    ],
)
def test_no_route(server: Named, domain: str, kind: type, status: str) -> None:
    found = route(server, domain)
    assert isinstance(found, kind)
    assert not isinstance(found, Route)
    assert found.status == status


def test_a_host_that_cannot_be_looked_up_is_passed_over(server: Named) -> None:
    assert addresses(route(server, "half.example.test")) == ["192.0.2.3"]


def test_where_this_node_is_a_host_only_better_ones_are_tried(server: Named) -> None:
    assert set(addresses(route(server, "better.example.test"))) == {"192.0.2.1", "192.0.2.2", "2001:db8::1"}


@pytest.mark.parametrize(("literal", "address"), [("[192.0.2.7]", "192.0.2.7"), ("[IPv6:2001:DB8::7]", "2001:db8::7")])
def test_address_literals(server: Named, literal: str, address: str) -> None:
    assert addresses(route(server, literal)) == [address]


@pytest.mark.parametrize("literal", ["[nonsense]", "[127.0.0.9]"])
def test_literals_without_route(server: Named, literal: str) -> None:
    assert isinstance(route(server, literal), Failed)


def test_smarthost_takes_everything(server: Named) -> None:
    smarthost = Smarthost("mail.example.test", 587, False)
    found = route(server, "missing.example.test", smarthost=smarthost)
    assert isinstance(found, Route)
    assert found.smarthost == smarthost
    assert {host.port for host in found.hosts} == {587}


def test_smarthost_by_address(server: Named) -> None:
    assert addresses(route(server, "x.test", smarthost=Smarthost("127.0.0.1", 25, False))) == ["127.0.0.1"]


def test_a_smarthost_that_is_not_found_bounces_nothing(server: Named) -> None:
    assert isinstance(route(server, "x.test", smarthost=Smarthost("missing.example.test", 25, False)), Deferred)


def test_only_sockets_on_the_relay_port_are_here() -> None:
    here = Here.of("Mail.Example.", [Listen("192.0.2.1", 25), Listen("192.0.2.2", 2525)], 25)
    assert here == Here(frozenset(["mail.example"]), frozenset(["192.0.2.1"]))
