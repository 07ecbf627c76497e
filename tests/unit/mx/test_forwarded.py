"""Whose ARC seals are believed, and for what."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.mx import forwarded, proof
from mailnode.senderauth import canonical
from mailnode.senderauth.arc import ChainValue
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.check import Verdict, check
from mailnode.senderauth.dkim_sign import Signer
from tests.support.signatures import LETTER, key, published

AUTHOR = LETTER.replace(b"a@example.test", b"ann@author.test")
PASSED = b"mx.example.test; spf=pass smtp.mailfrom=author.test; dmarc=pass header.from=author.test"


def sealed(raw: bytes, results: bytes = PASSED, chain: ChainValue = "none") -> bytes:
    signer = Signer("example.test", "s", key("ed25519"))
    return seal(canonical.read(raw), signer, results=results, chain=chain, now=1_700_000_000) + raw


def judged(raw: bytes) -> Verdict:
    zones = published()
    zones.names["_dmarc.author.test"] = {"TXT": ["v=DMARC1; p=reject"]}
    return asyncio.run(
        check(zones, "192.0.2.1", "list.example.test", "list@example.test", raw, 1_700_000_100, authserv_id="here")
    )


def test_what_a_trusted_station_has_seen_pass_is_not_distrusted() -> None:
    raw = sealed(AUTHOR)
    verdict = judged(raw)
    assert verdict.dmarc.result == "fail"
    sealer = forwarded.sealer(verdict, raw, ("example.test",))
    assert [one.rule for one in proof.seen(verdict, author_is_ours=False, sealer=sealer)] == ["sealed_by_trusted"]


@pytest.mark.parametrize(
    ("raw", "trusted"),
    [
        (sealed(AUTHOR), ()),
        (sealed(AUTHOR), ("other.test",)),
        (sealed(AUTHOR).replace(b"Last", b"Lost"), ("example.test",)),
        (sealed(AUTHOR, b"mx.example.test; dmarc=fail"), ("example.test",)),
        (sealed(sealed(AUTHOR), b"mx.example.test; dmarc=none", "pass"), ("example.test",)),
        (AUTHOR, ("example.test",)),
    ],
)
def test_nobody_else_is_listened_to(raw: bytes, trusted: tuple[str, ...]) -> None:
    verdict = judged(raw)
    assert forwarded.sealer(verdict, raw, trusted) == ""
    assert "dmarc_reject" in [one.rule for one in proof.seen(verdict, author_is_ours=False)]
