"""DANE on the way out: a zone that bind9 has signed, a resolver that validates it, and a peer with a certificate."""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailnode.queue.outcome import Deferred, Delivered, Failed, TlsLevel
from mailnode.relay import dane
from mailnode.relay.demand import NotProven
from mailnode.relay.proving import Prover
from mailnode.relay.route import Here, Router
from mailnode.resolver import Resolver, Tlsa
from tests.support import ports
from tests.support.authority import DAY, Authority
from tests.support.signed_dns import SignedDns
from tests.support.smtp_peer import EHLO, Peer
from tests.unit.relay.relaying import Relaying, relayed, sessions

STARTTLS = {"EHLO": EHLO.replace("250-DSN", "250-STARTTLS\r\n250-REQUIRETLS"), "STARTTLS": "220 2.0.0 Go"}
ZONE = """$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 127.0.0.1
"""
HOSTS = ("ee", "half", "ta", "whole", "wrong", "useless", "forged", "none")
NAMES = tuple(f"mx-{name}.dane.test" for name in HOSTS)
Outcome = Delivered | Deferred | Failed


@dataclass(frozen=True, slots=True)
class World:
    """``tls`` shows a certificate for all names of the signed zone, by an authority that nobody knows."""

    dns: SignedDns
    peer_port: int
    tls: ssl.SSLContext
    outcomes: dict[str, int]

    def sent(self, domain: str, peer: Peer, *, validates: bool | None = None, **envelope: object) -> Outcome:
        async def go() -> Outcome:
            async with peer:
                resolver = Resolver([self.dns.address], validates=validates)
                here = Here(frozenset(), frozenset())
                router = Router(resolver, here, self.peer_port, random=Random(1), prover=Prover(resolver))
                relaying = Relaying(router=router)
                [outcome] = await relayed(relaying, f"b@{domain}", destination=domain, **envelope)
                self.outcomes.clear()
                self.outcomes.update(sessions(relaying))
                return outcome

        return uvloop.run(asyncio.wait_for(go(), 60))

    def peer(self, *, tls: bool = True) -> Peer:
        return Peer(STARTTLS, self.tls, port=self.peer_port) if tls else Peer(port=self.peer_port)


def key_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def forged(zone: str) -> str:
    """What an attacker makes of the signed zone: another TLSA record, and another IPv6 address."""
    return re.sub("(?i)11{31}", "22" * 16, zone).replace("2001:db8::1", "2001:db8::2")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    authority = Authority(tmp_path_factory.mktemp("authority"), "The domain's own")
    context, leaf = authority.shown(*NAMES, until=DAY)
    port = ports.free()
    whole, trusted = (one.public_bytes(Encoding.DER) for one in (leaf, authority.certificate))
    records = {
        "ee": f"3 1 1 {hashlib.sha256(key_of(leaf)).hexdigest()}",
        "ta": f"2 0 2 {hashlib.sha512(trusted).hexdigest()}",
        "whole": f"3 0 0 {whole.hex()}",
        "wrong": f"3 1 1 {'00' * 32}",
        "useless": f"1 1 1 {'00' * 32}",
        "forged": f"3 1 1 {'11' * 32}",
        "half": f"3 1 1 {'00' * 32}",
    }
    text = ZONE
    for name in HOSTS:
        text += f"{name} MX 10 mx-{name}\nmx-{name} A 127.0.0.1\n"
    text += "mx-half AAAA 2001:db8::1\n"
    text += "".join(f"_{port}._tcp.mx-{name} TLSA {record}\n" for name, record in records.items())
    text += "alias MX 10 mx-alias\nmx-alias CNAME mx-ee\nee-itself A 127.0.0.1\n"
    text += f"_{port}._tcp.ee-itself TLSA {records['ee']}\n"
    plain = ZONE + f"@ MX 10 mx\n@ A 127.0.0.1\nmx A 127.0.0.1\n_{port}._tcp.mx TLSA {records['wrong']}\n"
    with SignedDns("dane.test", text, plain, forged) as dns:
        yield World(dns, port, context, {})


@pytest.mark.parametrize("name", ["ee", "ta", "whole", "alias", "ee-itself"])
def test_a_host_whose_certificate_the_zone_names(world: World, name: str) -> None:
    outcome = world.sent(f"{name}.dane.test", world.peer())
    assert isinstance(outcome, Delivered)
    assert outcome.way is not None
    assert outcome.way.level is TlsLevel.DANE
    assert world.outcomes == {"": 1}


def test_another_certificate_gets_nothing(world: World) -> None:
    peer = world.peer()
    outcome = world.sent("wrong.dane.test", peer)
    assert isinstance(outcome, Deferred)
    assert (outcome.status, peer.taken) == ("4.7.5", [])
    assert world.outcomes == {"validation-failure": 1}


def test_a_host_without_tls_gets_nothing(world: World) -> None:
    assert isinstance(world.sent("ee.dane.test", world.peer(tls=False)), Deferred)
    assert world.outcomes == {"starttls-not-supported": 1}


def test_records_of_no_use_demand_tls_and_prove_nothing(world: World) -> None:
    outcome = world.sent("useless.dane.test", world.peer())
    assert isinstance(outcome, Delivered)
    assert outcome.way is not None
    assert outcome.way.level is TlsLevel.OPPORTUNISTIC
    assert isinstance(world.sent("useless.dane.test", world.peer(tls=False)), Deferred)


def test_a_forged_address_does_not_take_dane_from_the_others(world: World) -> None:
    peer = world.peer()
    assert isinstance(world.sent("half.dane.test", peer), Deferred)
    assert (peer.taken, world.outcomes) == ([], {"validation-failure": 1})


def test_a_forged_record_keeps_us_from_the_host(world: World) -> None:
    peer = world.peer()
    outcome = world.sent("forged.dane.test", peer)
    assert isinstance(outcome, Deferred)
    assert "TLSA records of mx-forged.dane.test" in outcome.text
    assert peer.connections == 0
    assert world.outcomes == {"dnssec-invalid": 1}


@pytest.mark.parametrize("domain", ["none.dane.test", "unsigned.test"])
def test_without_records_or_signatures_there_is_no_demand(world: World, domain: str) -> None:
    assert isinstance(world.sent(domain, world.peer(tls=False)), Delivered)


def test_a_resolver_that_is_not_believed_proves_nothing(world: World) -> None:
    assert isinstance(world.sent("wrong.dane.test", world.peer(), validates=False), Delivered)


def test_what_requires_tls_takes_dane_for_proof(world: World) -> None:
    assert isinstance(world.sent("ee.dane.test", world.peer(), requiretls=True), Delivered)
    outcome = world.sent("none.dane.test", world.peer(), requiretls=True)
    assert isinstance(outcome, Failed)  # its name is signed, and nobody knows the authority
    assert outcome.status == "5.7.10"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, list[bytes]]:
    authority = Authority(tmp_path_factory.mktemp("chain"))
    _, leaf = authority.shown("mx.example.test")
    return authority, [leaf.public_bytes(Encoding.DER), authority.certificate.public_bytes(Encoding.DER)]


def test_an_authority_signs_for_the_name_only(chain: tuple[Authority, list[bytes]]) -> None:
    authority, certificates = chain
    record = Tlsa(2, 1, 1, hashlib.sha256(key_of(authority.certificate)).digest())
    dane.check(certificates, [record], ["other.test", "mx.example.test"])
    with pytest.raises(NotProven):
        dane.check(certificates, [record], ["other.test"])


def test_an_authority_in_the_record_need_not_be_sent(chain: tuple[Authority, list[bytes]]) -> None:
    _, certificates = chain
    dane.check(certificates[:1], [Tlsa(2, 0, 0, certificates[1])], ["mx.example.test"])


def test_an_authority_does_not_save_what_is_over(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    _, leaf = authority.shown("mx.example.test", until=-DAY)
    chain = [leaf.public_bytes(Encoding.DER), authority.certificate.public_bytes(Encoding.DER)]
    with pytest.raises(NotProven):
        dane.check(chain, [Tlsa(2, 0, 0, chain[1])], ["mx.example.test"])
    dane.check(chain, [Tlsa(3, 0, 0, chain[0])], ["any.test"])  # DANE-EE does not look at dates and names


@pytest.mark.parametrize("chain_", [[], [b"nonsense"]])
def test_what_is_no_certificate_proves_nothing(chain_: list[bytes]) -> None:
    with pytest.raises(NotProven):
        dane.check(chain_, [Tlsa(3, 0, 0, b"nonsense")], ["any.test"])


def test_a_certificate_of_a_version_that_there_is_not_proves_nothing(chain: tuple[Authority, list[bytes]]) -> None:
    third, second = bytes.fromhex("a003020102"), bytes.fromhex("a003020101")
    _, certificates = chain
    odd = certificates[0].replace(third, second, 1)
    for records in ([Tlsa(3, 0, 0, odd)], [Tlsa(2, 0, 0, odd)]):
        for shown in ([odd], [certificates[0], odd], certificates):
            with pytest.raises(NotProven):
                dane.check(shown, records, ["mx.example.test"])


def test_records_that_count() -> None:
    good, short, kind = Tlsa(3, 1, 1, bytes(32)), Tlsa(3, 1, 1, bytes(31)), Tlsa(0, 1, 1, bytes(32))
    assert dane.usable([good, short, kind, Tlsa(3, 2, 1, bytes(32)), Tlsa(2, 0, 3, b"x")]) == (good,)


@pytest.mark.parametrize("usage", [dane.DANE_EE, dane.DANE_TA])
def test_a_key_of_an_unknown_kind_proves_nothing(tmp_path: Path, usage: int) -> None:
    _, made = Authority(tmp_path).shown("mx.example")
    elliptic = bytes.fromhex("06072a8648ce3d0201")
    strange = made.public_bytes(Encoding.DER).replace(elliptic, elliptic[:-1] + b"\x09")
    for shown in ([strange], [made.public_bytes(Encoding.DER), strange]):
        with pytest.raises(NotProven):
            dane.check(shown, [Tlsa(usage, 1, 1, b"x" * 32)], ["mx.example"])
