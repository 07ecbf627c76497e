"""What is forwarded is sealed with what our own door has found, judged by `arc.validate` and by dkimpy."""

from __future__ import annotations

import asyncio
from typing import Any

import dkim
import pytest

from mailnode.senderauth import arc, canonical, dkim_keys
from mailnode.senderauth.arc import ArcResult
from mailnode.senderauth.arc_forward import sealed
from mailnode.senderauth.check import check
from mailnode.senderauth.dkim_sign import Signer
from tests.support.signatures import LETTER, key, pem, published, signed
from tests.support.zones import TIMEOUT, Zones

HOST = "mail.example.com"
NOW = 1_700_000_000


def received(raw: bytes, zones: Zones) -> bytes:
    """The message as the door keeps it."""
    found = asyncio.run(
        check(zones, "192.0.2.1", "mx.example.test", "a@example.test", raw, NOW, authserv_id=HOST, seconds=60)
    )
    return found.fields + b"Received: from mx.example.test by mail.example.com\r\n" + raw


def forwarded(raw: bytes) -> bytes:
    return sealed(raw, Signer("example.test", "s", key("rsa")), authserv_id=HOST, now=NOW)


def judged(raw: bytes) -> ArcResult:
    return asyncio.run(arc.validate(published("rsa"), canonical.read(raw)))


def dkimpy_says(raw: bytes) -> tuple[Any, ...]:
    def lookup(_name: bytes, timeout: int = 5) -> bytes:
        return dkim_keys.txt_value(pem("rsa")).encode()

    return tuple(dkim.arc_verify(raw, dnsfunc=lookup))


def test_the_seal_says_what_the_door_has_found() -> None:
    sent = forwarded(received(signed(algorithm="rsa"), published("rsa")))
    said = canonical.read(sent).named(arc.RESULTS)[0].value
    assert said.startswith(b" i=1; mail.example.com;")
    assert b"dkim=pass" in said
    assert judged(sent) == ArcResult("pass", 1, ("example.test",))
    assert dkimpy_says(sent)[0] == b"pass"


def test_two_forwarders_make_one_chain() -> None:
    sent = LETTER
    for _ in range(2):
        sent = forwarded(received(sent, published("rsa")))
    assert judged(sent).sets == 2
    assert judged(sent).result == "pass"
    assert dkimpy_says(sent)[0] == b"pass"


def test_a_broken_chain_is_sealed_as_broken() -> None:
    broken = forwarded(received(LETTER, published("rsa"))).replace(b"Last", b"Lost")
    sent = forwarded(received(broken, published("rsa")))
    assert b"cv=fail" in sent
    assert judged(sent).reason == "a station before found the chain broken"


def test_a_chain_that_could_not_be_looked_at_is_left_alone() -> None:
    raw = received(
        forwarded(received(LETTER, published("rsa"))), Zones({"s._domainkey.example.test": {"TXT": [TIMEOUT]}})
    )
    assert b"arc=fail" in raw
    assert forwarded(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        LETTER,
        b"Received: by mail.example.com\r\nAuthentication-Results: mail.example.com; spf=pass\r\n" + LETTER,
        b"Authentication-Results: mx.example.org; spf=pass\r\n" + LETTER,
        b"Authentication-Results: mail.example.com; ==\r\n" + LETTER,
        b"Authentication-Results: mail.example.com; spf=pass\r\nARC-Seal: i=1\r\n" + LETTER,
        b"",
    ],
    ids=["not judged", "below a trace field", "somebody else's", "no grammar", "an unknown chain", "empty"],
)
def test_what_we_have_not_judged_gets_no_seal(raw: bytes) -> None:
    assert forwarded(raw) == raw
