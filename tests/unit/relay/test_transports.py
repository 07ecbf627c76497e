"""Transports in use: through a host of our own with a login, and from an address of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from mailnode.directory.transports import Exit, Exits
from mailnode.queue.outcome import Deferred, Delivered, Failed, TlsLevel
from mailnode.relay import connection
from mailnode.relay.route import Here, Router
from mailnode.resolver import Resolver
from tests.support import ports
from tests.support.authority import Authority
from tests.support.bind9 import Named
from tests.support.smtp_peer import EHLO, Peer
from tests.unit.relay import zone
from tests.unit.relay.relaying import Relaying, relayed
from tests.unit.relay.zone import SILENT

OFFER = {"EHLO": EHLO.replace("250-DSN", "250-STARTTLS\r\n250-AUTH PLAIN"), "STARTTLS": "220 2.0.0 Go"}
Outcome = Delivered | Deferred | Failed


@pytest.fixture(scope="module")
def dns() -> Iterator[Named]:
    with zone.zones() as server:
        yield server


def sent(dns: Named, peer: Peer, *exits: Exit) -> Outcome:
    """One message to a domain whose MX is at 127.0.0.1, by those transports."""

    async def go() -> Outcome:
        async with peer:
            by = Exits({one.pattern: one for one in exits})
            here = Here(frozenset(), frozenset())
            router = Router(Resolver([dns.address]), here, peer.port, exits=lambda: by)
            relaying = Relaying(router=router)
            [outcome] = await relayed(relaying, f"b@{SILENT}", destination=SILENT)
            return outcome

    return uvloop.run(asyncio.wait_for(go(), 60))


def test_mail_leaves_through_the_host_with_a_login(dns: Named, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setattr(connection, "verified", authority.trusting)
    peer = Peer(OFFER, authority.server(f"mx.{SILENT}"), port=ports.free())
    way = Exit("*.test", f"mx.{SILENT}", peer.port, "verified", login="me", password="secret")
    outcome = sent(dns, peer, way)
    assert isinstance(outcome, Delivered)
    assert outcome.way is not None
    assert outcome.way.level is TlsLevel.CERTIFICATE
    assert "AUTH PLAIN AG1lAHNlY3JldA==" in peer.taken[0].commands


@pytest.mark.parametrize(("tls", "goes"), [("opportunistic", True), ("required", False), ("verified", False)])
def test_what_its_tls_must_be(dns: Named, tls: str, goes: bool) -> None:
    peer = Peer(port=ports.free())
    outcome = sent(dns, peer, Exit("*", "127.0.0.1", peer.port, tls))
    assert isinstance(outcome, Delivered) is goes
    assert isinstance(outcome, Delivered | Deferred)


def test_mail_leaves_from_the_address(dns: Named) -> None:
    peer = Peer()
    outcome = sent(dns, peer, Exit(SILENT, source="127.0.0.9"))
    assert isinstance(outcome, Delivered)
    assert peer.clients == ["127.0.0.9"]


def test_an_address_of_the_other_family_reaches_nobody(dns: Named) -> None:
    assert isinstance(sent(dns, Peer(), Exit(SILENT, source="::1")), Deferred)
