"""TLS on the way out: taken where it is offered, done without where it fails, needed where a password is sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from mailnode.queue.outcome import Deferred, Delivered
from mailnode.relay import connection
from mailnode.relay.connection import Manner
from mailnode.settings import Smarthost
from tests.support.smtp_peer import EHLO, Peer
from tests.support.smtpd import certificate
from tests.unit.relay.relaying import Relaying, relayed

OFFER = EHLO.replace("250-DSN", "250-STARTTLS\r\n250-AUTH PLAIN LOGIN")
STARTTLS = {"EHLO": OFFER, "STARTTLS": "220 2.0.0 Go"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return certificate(tmp_path_factory.mktemp("tls"))


def run(peer: Peer, test: Callable[[Peer], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with peer:
            return await asyncio.wait_for(test(peer), 120)

    return uvloop.run(go())


def test_starttls_is_taken_without_looking_at_the_certificate(tls: ssl.SSLContext) -> None:
    peer = Peer(STARTTLS, tls)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcome, Delivered)
    assert peer.taken[0].secure


def test_a_failed_handshake_is_followed_by_a_connection_in_clear() -> None:
    broken = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # no certificate: every handshake fails
    peer = Peer(STARTTLS, broken)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcome, Delivered)
    assert (peer.taken[0].secure, peer.connections) == (False, 2)


def test_a_host_whose_handshake_failed_is_remembered() -> None:
    async def twice(peer: Peer) -> None:
        relaying = Relaying(peer, idle=0)
        relaying.send("b@example.org", number=1)
        await relaying.outcomes()
        await asyncio.sleep(0.05)
        relaying.all_ended.clear()
        relaying.send("b@example.org", number=2)
        await relaying.outcomes()
        await relaying.close()

    peer = Peer(STARTTLS, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    run(peer, twice)
    assert peer.asked["STARTTLS"] == 1
    assert len(peer.taken) == 2


@pytest.mark.parametrize("answer", ["454 4.7.0 Not now", "502 5.5.1 No", "220 2.0.0 Go\r\n250 injected"])
def test_starttls_that_is_refused_or_tampered_with(answer: str) -> None:
    [outcome] = run(Peer({**STARTTLS, "STARTTLS": answer}), lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcome, Deferred if "injected" in answer else Delivered)


def test_a_handshake_that_is_answered_with_nonsense_is_followed_by_a_connection_in_clear() -> None:
    peer = Peer(STARTTLS)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer)))
    assert isinstance(outcome, Delivered)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the smarthost's certificate were signed by somebody known."""
    monkeypatch.setattr(connection, "verified", connection.unverified)


def smarthost(port: int, *, tls: bool = False) -> Manner:
    return Manner("me.test", smarthost=Smarthost("127.0.0.1", port, tls, "me", "secret"))


def test_a_smarthost_gets_the_password_inside_tls(tls: ssl.SSLContext, trusting: None) -> None:
    peer = Peer(STARTTLS, tls)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer, manner=smarthost(peer.port))))
    assert isinstance(outcome, Delivered)
    assert any(line.startswith("AUTH PLAIN AG1lAHNlY3JldA==") for line in peer.taken[0].commands)


def test_a_smarthost_gets_no_password_without_tls() -> None:
    peer = Peer({"EHLO": OFFER.replace("250-STARTTLS\r\n", "")})
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer, manner=smarthost(peer.port))))
    assert isinstance(outcome, Deferred)
    assert "AUTH" not in peer.asked


def test_a_smarthost_that_cannot_prove_its_name_gets_no_password(tls: ssl.SSLContext) -> None:
    peer = Peer(STARTTLS, tls)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer, manner=smarthost(peer.port))))
    assert isinstance(outcome, Deferred)
    assert "AUTH" not in peer.asked


def test_a_smarthost_that_refuses_the_password_defers(tls: ssl.SSLContext, trusting: None) -> None:
    peer = Peer({**STARTTLS, "AUTH": "535 5.7.8 Wrong"}, tls)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer, manner=smarthost(peer.port))))
    assert isinstance(outcome, Deferred)
    assert "535 5.7.8 Wrong" in outcome.text


def test_a_smarthost_with_tls_from_the_start(tls: ssl.SSLContext, trusting: None) -> None:
    peer = Peer({"EHLO": OFFER}, tls, greets_in_tls=True)
    [outcome] = run(peer, lambda peer: relayed(Relaying(peer, manner=smarthost(peer.port, tls=True))))
    assert isinstance(outcome, Delivered)
