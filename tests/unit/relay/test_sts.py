"""MTA-STS on the way out: a policy from a web server, a real DNS, and a peer that can prove its name or cannot."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from mailnode.offload import Offload
from mailnode.queue.outcome import Deferred, Delivered, Failed, TlsLevel
from mailnode.relay import connection, sts_shelf
from mailnode.relay.https import CannotFetch, Https
from mailnode.relay.sts import Looked, Policies
from mailnode.relay.sts_policy import Policy
from mailnode.relay.sts_shelf import Kept
from mailnode.resolver import Resolver
from tests.support.authority import DAY, Authority
from tests.support.bind9 import Named
from tests.support.https import TextServer
from tests.support.smtp_peer import EHLO, SILENT, Peer
from tests.support.store import Store
from tests.unit.relay import zone
from tests.unit.relay.relaying import CONTENT, Relaying, relayed, sessions
from tests.unit.relay.zone import ANNOUNCED, policy

OFFER = EHLO.replace("250-DSN", "250-STARTTLS")
STARTTLS = {"EHLO": OFFER, "STARTTLS": "220 2.0.0 Go"}
PROMISE = {**STARTTLS, "EHLO": OFFER.replace("250-STARTTLS", "250-STARTTLS\r\n250-REQUIRETLS")}
MX, WEB = f"mx.{ANNOUNCED}", f"mta-sts.{ANNOUNCED}"
OK = "HTTP/1.1 200 OK\r\nContent-Type: "
Outcome = Delivered | Deferred | Failed


@pytest.fixture(scope="module")
def dns() -> Iterator[Named]:
    with zone.zones() as server:
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def opened(store: Store) -> Iterator[Offload]:
    offload = Offload(store.engine)
    try:
        yield offload
    finally:
        offload.close()


class Internet:
    """The DNS, whom to trust, and a store: everything around one relay."""

    def __init__(self, dns: Named, authority: Authority, store: Store) -> None:
        self.dns, self.authority, self.store = dns, authority, store
        self.counted: dict[str, int] = {}

    def sent(self, peer: Peer, text: str, *, content: bytes = CONTENT, **envelope: object) -> Outcome:
        """One message to the announced domain, whose policy is ``text``."""

        async def go(offload: Offload) -> Outcome:
            async with peer, TextServer(self.authority.server(WEB), text) as web:
                found = zone.policies(self.dns, self.authority, offload, web.port)
                relaying = Relaying(content=content, router=zone.router(self.dns, peer.port, found))
                [outcome] = await relayed(relaying, f"b@{ANNOUNCED}", destination=ANNOUNCED, **envelope)
                self.counted = sessions(relaying)
                return outcome

        with opened(self.store) as offload:
            return uvloop.run(asyncio.wait_for(go(offload), 60))

    def looked(self, text: str, **server: str) -> Looked:
        """What is found where the web server says ``text``."""

        async def go(offload: Offload) -> Looked:
            async with TextServer(self.authority.server(server.pop("name", WEB)), text, **server) as web:
                return await zone.policies(self.dns, self.authority, offload, web.port).of(ANNOUNCED)

        with opened(self.store) as offload:
            return uvloop.run(asyncio.wait_for(go(offload), 60))


@pytest.fixture
def internet(dns: Named, authority: Authority, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Internet:
    trusting = authority.trusting()
    monkeypatch.setattr(connection, "verified", lambda: trusting)
    return Internet(dns, authority, sqlite_store)


def test_a_host_that_proves_its_name_gets_the_message(internet: Internet) -> None:
    outcome = internet.sent(Peer(STARTTLS, internet.authority.server(MX)), policy())
    assert isinstance(outcome, Delivered)
    assert outcome.way is not None
    assert (outcome.way.level, outcome.way.tls[:4]) == (TlsLevel.STS, "TLSv")
    assert internet.counted == {"": 1}


@pytest.mark.parametrize(
    ("name", "until", "kind"),
    [
        ("mx.elsewhere.test", DAY, "certificate-host-mismatch"),
        (MX, -datetime.timedelta(hours=1), "certificate-expired"),
    ],
)
def test_a_host_that_does_not_prove_its_name_gets_nothing(
    internet: Internet, name: str, until: datetime.timedelta, kind: str
) -> None:
    peer = Peer(STARTTLS, internet.authority.server(name, until=until))
    outcome = internet.sent(peer, policy())
    assert isinstance(outcome, Deferred)
    assert outcome.status == "4.7.5"
    assert peer.connections == 1
    assert internet.counted == {kind: 1}


def test_an_authority_that_nobody_knows(internet: Internet, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "Stranger")
    outcome = internet.sent(Peer(STARTTLS, stranger.server(MX)), policy())
    assert isinstance(outcome, Deferred)
    assert internet.counted == {"certificate-not-trusted": 1}


def test_a_host_without_tls_gets_nothing(internet: Internet) -> None:
    outcome = internet.sent(Peer(), policy())
    assert isinstance(outcome, Deferred)
    assert internet.counted == {"starttls-not-supported": 1}


def test_a_host_that_the_policy_does_not_name_is_not_called(internet: Internet) -> None:
    peer = Peer(STARTTLS, internet.authority.server(MX))
    outcome = internet.sent(peer, policy(host="*.elsewhere.test"))
    assert outcome == Deferred("4.7.5", f"The policy of {ANNOUNCED} (MTA-STS) does not name its host {MX}")
    assert peer.connections == 0
    assert internet.counted == {"validation-failure": 1}


def test_a_policy_that_is_being_tested_counts_and_lets_pass(internet: Internet) -> None:
    outcome = internet.sent(Peer(STARTTLS, internet.authority.server("mx.elsewhere.test")), policy("testing"))
    assert isinstance(outcome, Delivered)
    assert outcome.way is not None
    assert outcome.way.level is TlsLevel.OPPORTUNISTIC
    assert internet.counted["certificate-host-mismatch"] == 1


def test_a_policy_of_none_demands_nothing(internet: Internet) -> None:
    assert isinstance(internet.sent(Peer(), policy("none")), Delivered)


def test_a_sender_may_prefer_delivery_to_protection(internet: Internet) -> None:
    waived = b"TLS-Required: No\r\n" + CONTENT
    assert isinstance(internet.sent(Peer(), policy(), content=waived), Delivered)
    assert isinstance(internet.sent(Peer(), policy(host="*.elsewhere.test"), content=waived), Delivered)


def test_what_requires_tls_goes_to_who_promises_it(internet: Internet) -> None:
    peer = Peer(PROMISE, internet.authority.server(MX))
    waived = b"TLS-Required: No\r\n" + CONTENT  # RFC 8689 §4.1: the field says nothing then
    assert isinstance(internet.sent(peer, policy(), content=waived, requiretls=True), Delivered)
    assert any(line.startswith("MAIL") and "REQUIRETLS" in line for line in peer.taken[0].commands)


@pytest.mark.parametrize(
    ("script", "name", "mode", "status"),
    [
        (STARTTLS, MX, "enforce", "5.7.30"),
        (PROMISE, "mx.elsewhere.test", "enforce", "5.7.10"),
        (PROMISE, "mx.elsewhere.test", "testing", "5.7.10"),
        (PROMISE, MX, "none", "5.7.10"),
    ],
)
def test_what_requires_tls_comes_back_otherwise(
    internet: Internet, script: dict[str, str], name: str, mode: str, status: str
) -> None:
    peer = Peer(script, internet.authority.server(name))
    outcome = internet.sent(peer, policy(mode), requiretls=True)
    assert isinstance(outcome, Failed)
    assert outcome.status == status
    assert peer.taken == []


def test_a_policy_holds_when_the_web_server_and_the_record_are_gone(internet: Internet) -> None:
    assert internet.looked(policy()).policy is not None
    kept = Kept("first", Policy("enforce", 99, ("mx.kept.test",)), 2**40, 2**41)
    with internet.store.write() as tx:
        sts_shelf.put(tx, zone.SILENT, kept)  # its zone has no record

    async def of(offload: Offload, domain: str) -> Looked:
        return await zone.policies(internet.dns, internet.authority, offload, 1).of(domain)

    with opened(internet.store) as offload:
        assert uvloop.run(of(offload, ANNOUNCED)).policy is not None
        assert uvloop.run(of(offload, zone.SILENT)).policy == kept.policy


def test_a_new_id_makes_us_fetch_anew(internet: Internet) -> None:
    old = Kept("older", Policy("none", 99), 2**40, 2**41)
    with internet.store.write() as tx:
        sts_shelf.put(tx, ANNOUNCED, old)
    found = internet.looked(policy()).policy
    assert found is not None
    assert found.mode == "enforce"
    with internet.store.write() as tx:
        sts_shelf.put(tx, ANNOUNCED, old)
    assert internet.looked("nonsense").policy == old.policy  # better the old one than none


@pytest.mark.parametrize(
    ("text", "server", "fault"),
    [
        ("nonsense", {}, "sts-policy-invalid"),
        (policy(), {"name": "other.test"}, "sts-webpki-invalid"),
        (policy(), {"head": "HTTP/1.1 301 Moved\r\nLocation: https://mta-sts.sts.test/x"}, "sts-policy-fetch-error"),
        (policy(), {"head": "HTTP/1.1 200 OK\r\nContent-Type: text/html"}, "sts-policy-fetch-error"),
        (
            policy(),
            {"head": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 999"},
            "sts-policy-fetch-error",
        ),
        (policy() + "\n" * 70_000, {}, "sts-policy-fetch-error"),
    ],
)
def test_what_is_no_policy_is_told(internet: Internet, text: str, server: dict[str, str], fault: str) -> None:
    looked = internet.looked(text, **server)
    assert (looked.policy, looked.fault) == (None, fault)


def test_a_policy_in_chunks(internet: Internet) -> None:
    text = policy()
    chunks = f"10;x=y\r\n{text[:16]}\r\n{len(text) - 16:x}\r\n{text[16:]}\r\n0\r\n\r\n"
    head = f"{OK}text/plain; charset=utf-8\r\nTransfer-Encoding: chunked"
    assert internet.looked(chunks, head=head).policy is not None


def test_many_who_ask_at_once_share_one_fetch(internet: Internet) -> None:
    async def go(offload: Offload) -> int:
        async with TextServer(internet.authority.server(WEB), policy()) as web:
            found = zone.policies(internet.dns, internet.authority, offload, web.port)
            await asyncio.gather(*[found.of(ANNOUNCED) for _ in range(10)])
            return len(web.requests)

    with opened(internet.store) as offload:
        assert uvloop.run(go(offload)) == 1


def test_a_day_old_policy_is_renewed(internet: Internet) -> None:
    async def go(offload: Offload) -> str:
        async with TextServer(internet.authority.server(WEB), policy("testing")) as web:
            found: Policies = zone.policies(internet.dns, internet.authority, offload, web.port)
            await found.renew()
            looked = await found.of(ANNOUNCED)
            return looked.policy.mode if looked.policy else ""

    with internet.store.write() as tx:
        sts_shelf.put(tx, ANNOUNCED, Kept("first", Policy("enforce", 2**20, (MX,)), 1, 2**41))
    with opened(internet.store) as offload:
        assert uvloop.run(go(offload)) == "testing"


def test_many_that_announce_nothing_any_more_keep_no_other_from_being_renewed(internet: Internet) -> None:
    async def go(offload: Offload) -> str:
        async with TextServer(internet.authority.server(WEB), policy("testing")) as web:
            await zone.policies(internet.dns, internet.authority, offload, web.port).renew()
            looked = await zone.policies(internet.dns, internet.authority, offload, web.port).of(ANNOUNCED)
            return looked.policy.mode if looked.policy else ""

    with internet.store.write() as tx:
        for number in range(120):
            kept = Kept("first", Policy("enforce", 2**20, (MX,)), number // 50, 2**41)
            sts_shelf.put(tx, f"{number}.{zone.SILENT}", kept)
        sts_shelf.put(tx, ANNOUNCED, Kept("first", Policy("enforce", 2**20, (MX,)), 3, 2**41))
    with opened(internet.store) as offload:
        assert uvloop.run(go(offload)) == "testing"


def test_a_web_server_that_says_nothing_is_not_waited_for_ever(internet: Internet) -> None:
    async def go() -> None:
        async with TextServer(internet.authority.server(WEB), SILENT) as web:
            resolver = Resolver([internet.dns.address])
            https = Https(resolver, internet.authority.trusting(), web.port, 0.05)
            with pytest.raises(CannotFetch, match="in time"):
                await https.text(WEB, await https.addresses(WEB), "/x", 100)

    uvloop.run(go())
