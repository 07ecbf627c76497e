"""The resolver against a real bind9, and against servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import dns.message
import dns.rcode
import pytest

from mailnode.resolver import Mx, Resolver, Srv, Status, reverse_name
from tests.support import ports
from tests.support.bind9 import Named

ZONE = """
$TTL 300
@ IN SOA ns.example.test. admin.example.test. 1 3600 600 86400 7
@ IN NS ns
ns IN A 127.0.0.1
@ IN MX 20 backup
@ IN MX 10 mail
null IN MX 0 .
mail IN A 192.0.2.1
mail IN A 192.0.2.2
mail IN AAAA 2001:db8::1
alias IN CNAME mail
long IN TXT "first " "second"
_imaps._tcp IN SRV 0 1 993 mail
_pop3._tcp IN SRV 0 0 0 .
xn--mnchen-3ya IN A 192.0.2.9
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Named]:
    with Named({"example.test": ZONE, "2.0.192.in-addr.arpa": ZONE + "1 IN PTR mail.example.test.\n"}) as named:
        yield named


def ask(server: Named, question: Callable[[Resolver], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(question(Resolver([server.address])))


def test_mx_with_preferences(server: Named) -> None:
    answer = ask(server, lambda r: r.mx("example.test"))
    assert sorted(answer.records, key=lambda mx: mx.preference) == [
        Mx(10, "mail.example.test"),
        Mx(20, "backup.example.test"),
    ]


def test_null_mx_has_an_empty_host(server: Named) -> None:
    assert ask(server, lambda r: r.mx("null.example.test")).records == (Mx(0, ""),)


def test_addresses_of_both_families(server: Named) -> None:
    assert set(ask(server, lambda r: r.a("mail.example.test")).records) == {"192.0.2.1", "192.0.2.2"}
    assert ask(server, lambda r: r.aaaa("mail.example.test.")).records == ("2001:db8::1",)


def test_cname_is_followed_and_named(server: Named) -> None:
    answer = ask(server, lambda r: r.aaaa("Alias.Example.test"))
    assert (answer.status, answer.canonical) == (Status.FOUND, "mail.example.test")


def test_strings_of_a_text_record_are_joined(server: Named) -> None:
    assert ask(server, lambda r: r.txt("long.example.test")).records == (b"first second",)


def test_services(server: Named) -> None:
    assert ask(server, lambda r: r.srv("_imaps._tcp.example.test")).records == (Srv(0, 1, 993, "mail.example.test"),)
    assert ask(server, lambda r: r.srv("_pop3._tcp.example.test")).records == (Srv(0, 0, 0, ""),)


def test_reverse_names(server: Named) -> None:
    assert ask(server, lambda r: r.ptr("192.0.2.1")).records == ("mail.example.test",)
    assert reverse_name("2001:db8::1").endswith("8.b.d.0.1.0.0.2.ip6.arpa")


def test_unicode_names_are_asked_as_a_labels(server: Named) -> None:
    assert ask(server, lambda r: r.a("münchen.example.test")).records == ("192.0.2.9",)


def test_the_three_ways_of_not_finding(server: Named) -> None:
    async def questions(resolver: Resolver) -> list[Status]:
        answers = [
            await resolver.mx("nobody.example.test"),
            await resolver.mx("mail.example.test"),
            await resolver.mx("refused.example"),  # the server has no such zone: REFUSED
        ]
        return [answer.status for answer in answers]

    assert ask(server, questions) == [Status.NO_DOMAIN, Status.NO_RECORDS, Status.TEMPORARY]


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".test", ".".join(["abcdefgh"] * 40), "\x00\udc80."])
def test_impossible_names_do_not_exist(server: Named, name: str) -> None:
    assert not ask(server, lambda r: r.a(name)).found


def test_refusals_are_kept_for_the_soa_minimum(server: Named) -> None:
    assert ask(server, lambda r: r.a("nobody.example.test")).ttl == 7
    assert ask(server, lambda r: r.mx("mail.example.test")).ttl == 7


class Counting(asyncio.DatagramProtocol):
    """Answers every question with one A record, after a moment, and counts."""

    def __init__(self, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> None:
        self.rcode, self.asked = rcode, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked += 1
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.set_rcode(self.rcode)
        if self.rcode == dns.rcode.NOERROR:
            name = query.question[0].name
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.7"))
        asyncio.get_running_loop().call_later(0.05, self.transport.sendto, reply.to_wire(), addr)


async def counting(rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> tuple[Counting, str]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Counting(rcode), ("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    return protocol, f"{host}:{port}"


def test_one_query_for_many_who_ask_at_once() -> None:
    async def go() -> int:
        server, address = await counting()
        resolver = Resolver([address])
        answers = await asyncio.gather(*[resolver.a("example.test") for _ in range(50)])
        assert {answer.records for answer in answers} == {("192.0.2.7",)}
        await resolver.a("example.test")
        return server.asked

    assert asyncio.run(go()) == 1


def test_an_answer_is_asked_again_after_its_ttl() -> None:
    async def go() -> int:
        server, address = await counting()
        now = [0.0]
        resolver = Resolver([address], clock=lambda: now[0])
        for second in (0.0, 59.0, 61.0):
            now[0] = second
            await resolver.a("example.test")
        return server.asked

    assert asyncio.run(go()) == 2


def test_one_who_gives_up_does_not_take_the_others_answer() -> None:
    async def go() -> Status:
        _, address = await counting()
        resolver = Resolver([address])
        impatient = asyncio.create_task(resolver.a("example.test"))
        patient = asyncio.create_task(resolver.a("example.test"))
        await asyncio.sleep(0.01)
        impatient.cancel()
        return (await patient).status

    assert asyncio.run(go()) is Status.FOUND


def test_a_failing_server_is_temporary_and_kept_for_seconds() -> None:
    async def go() -> tuple[Status, bool]:
        server, address = await counting(dns.rcode.SERVFAIL)
        resolver = Resolver([address])
        first = await resolver.a("example.test")
        asked = server.asked
        await resolver.a("example.test")
        return first.status, server.asked == asked

    assert asyncio.run(go()) == (Status.TEMPORARY, True)


def test_a_silent_server_is_temporary() -> None:
    async def go() -> Status:
        resolver = Resolver([f"127.0.0.1:{ports.free()}"], timeout=0.1, lifetime=0.3)
        return (await resolver.a("example.test")).status

    assert asyncio.run(go()) is Status.TEMPORARY


def test_the_second_server_is_asked_when_the_first_is_silent() -> None:
    async def go() -> Status:
        _, address = await counting()
        resolver = Resolver([f"127.0.0.1:{ports.free()}", address], timeout=0.2)
        return (await resolver.a("example.test")).status

    assert asyncio.run(go()) is Status.FOUND
