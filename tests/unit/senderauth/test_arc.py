"""ARC beyond the public suite: round trips with Ed25519, dkimpy's word, limits, and hostile chains."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, NamedTuple

import dkim
import pytest

from mailnode.senderauth import arc, canonical, dkim_keys
from mailnode.senderauth.arc import ArcResult, ChainValue
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.dkim_keys import Algorithm
from mailnode.senderauth.dkim_sign import Signer
from tests.support import pace
from tests.support.signatures import LETTER, key, pem, published
from tests.support.zones import TIMEOUT, Zones

SAID = b"mail.example.test; spf=pass smtp.mailfrom=a@example.test"


def sealed(raw: bytes, chain: ChainValue, algorithm: Algorithm = "ed25519") -> bytes:
    signer = Signer("example.test", "s", key(algorithm))
    return seal(canonical.read(raw), signer, results=SAID, chain=chain, now=1_700_000_000) + raw


def chained(sets: int, algorithm: Algorithm = "ed25519") -> bytes:
    raw = LETTER
    for number in range(sets):
        raw = sealed(raw, "pass" if number else "none", algorithm)
    return raw


def judged(raw: bytes, zones: Zones | None = None) -> ArcResult:
    return asyncio.run(arc.validate(zones or published(), canonical.read(raw)))


@pytest.mark.parametrize("sets", [1, 2, 3, 50])
def test_round_trip(sets: int) -> None:
    assert judged(chained(sets)) == ArcResult("pass", sets, ("example.test",) * sets)


def lookup(name: bytes, timeout: int = 5) -> bytes:
    return dkim_keys.txt_value(pem("rsa")).encode()


def test_dkimpy_accepts() -> None:
    for sets in (1, 2, 3):
        found: tuple[Any, ...] = dkim.arc_verify(chained(sets, "rsa"), dnsfunc=lookup)
        assert (found[0], found[2]) == (b"pass", "success")


class Results:
    """authres' class for a field of results, as far as dkimpy uses it; authres is not among our dependencies."""

    def __init__(self, text: str) -> None:
        self.authserv_id, *said = (one.strip() for one in text.partition(":")[2].split(";"))
        self.results = [Result(*one.split("=", 1)) for one in said]

    @classmethod
    def parse(cls, text: str) -> Results:
        return cls(text)


class Result(NamedTuple):
    method: str
    result: str

    def __str__(self) -> str:
        return "=".join(self)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_dkimpy_seals(before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What dkimpy adds to a chain of ours, or begins, holds, and a change of the body breaks it."""
    monkeypatch.setattr(dkim, "authres", SimpleNamespace(AuthenticationResultsHeader=Results), raising=False)
    said = b"Authentication-Results: mail.example.test; arc=%s; spf=pass\r\n" % (b"pass" if before else b"none")
    raw = said + chained(before, "rsa")
    made: list[bytes] = dkim.arc_sign(raw, b"s", b"example.test", pem("rsa").encode(), b"mail.example.test")
    sealed_there = b"".join(made) + raw
    assert judged(sealed_there, published("rsa")) == ArcResult("pass", before + 1, ("example.test",) * (before + 1))
    assert judged(sealed_there.replace(b"Last", b"Lost"), published("rsa")).result == "fail"


def test_the_body_may_change_between_stations() -> None:
    changed = sealed(chained(1).replace(b"Last", b"Last\r\n-- \r\nfooter"), "pass")
    assert judged(changed).result == "pass"
    assert judged(changed.replace(b"footer", b"other")) == ArcResult("fail", 2, reason="the body has changed")


def test_a_broken_chain_is_sealed_once() -> None:
    broken = chained(2).replace(b"Last", b"Lost")
    assert judged(broken).result == "fail"
    once = sealed(broken, "fail")
    assert once.startswith(b"ARC-Seal: a=ed25519-sha256;")
    assert judged(once).reason == "a station before found the chain broken"
    assert sealed(once, "fail") == once


def test_there_is_no_fifty_first_set() -> None:
    raw = chained(50)
    assert sealed(raw, "pass") == raw


def test_more_than_fifty_sets_are_not_looked_at() -> None:
    field = b"ARC-Seal: i=1; cv=none\r\nARC-Message-Signature: i=1\r\nARC-Authentication-Results: i=1; x\r\n"
    assert judged(field * 51 + LETTER) == ArcResult("fail", 1, reason="more than 50 sets")


def test_no_key_and_no_answer() -> None:
    assert judged(chained(1), Zones({})).temporary is False
    found = judged(chained(1), Zones({"s._domainkey.example.test": {"TXT": [TIMEOUT]}}))
    assert (found.result, found.temporary) == ("fail", True)


def test_keys_are_asked_for_once() -> None:
    zones = published()
    judged(chained(5), zones)
    assert len(zones.asked) == 1


def test_a_seal_over_another_set_does_not_hold() -> None:
    one, two = chained(1), sealed(LETTER.replace(b"words", b"other"), "none")
    end = one.index(b"ARC-Message-Signature")
    swapped = two[: two.index(b"ARC-Message-Signature")] + one[end:]
    assert judged(swapped).reason == "ARC-Seal: the signature does not fit"


def test_hostile_chains_cost_their_length() -> None:
    raw = chained(50, "rsa").replace(b"ARC-Authentication-Results: ", b"ARC-Authentication-Results: " + b" " * 15_000)
    assert judged(raw, published("rsa")).result == "pass"
    pace.assert_within(1, lambda: judged(raw, published("rsa")))
