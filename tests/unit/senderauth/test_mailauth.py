"""npm's mailauth, which shares no code with ours: it verifies what we sign and seal, and we what it does."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailnode.senderauth import arc, canonical, dkim_keys, dkim_verify
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.dkim_keys import ALGORITHMS
from mailnode.senderauth.dkim_sign import Signer, sign
from tests.support import needs
from tests.support.signatures import LETTER, key, pem
from tests.support.zones import Zones

FOLDER = Path(__file__).parents[2] / "mailauth"
NOW = 1_790_000_000
CANONICAL = ("relaxed/relaxed", "simple/simple", "relaxed/simple")
RESULTS = b"mail.example.test; spf=pass smtp.mailfrom=a@example.test"
RECORDS = {f"{name}._domainkey.example.test": dkim_keys.txt_value(pem(name)) for name in ALGORITHMS}
BY_US = [Signer("example.test", name, key(name)) for name in ALGORITHMS]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """mailauth's verdicts, and its own messages, by label."""

    judged: dict[str, Any]
    signed: dict[str, str]
    sealed: dict[str, str]


def sealed_by_us(raw: bytes, chain: arc.ChainValue) -> bytes:
    return seal(canonical.read(raw), BY_US[0], results=RESULTS, chain=chain, now=NOW) + raw


def orders() -> dict[str, Any]:
    ours = sign(LETTER, BY_US, NOW) + LETTER
    once = sealed_by_us(LETTER, "none")
    private = {"signingDomain": "example.test", "selector": "rsa", "privateKey": pem("rsa")}
    by_key = {
        name: {**private, "selector": name, "privateKey": pem(name), "canonicalization": CANONICAL[0]}
        for name in ALGORITHMS
    }
    options = {**by_key, **{form: {**private, "canonicalization": form} for form in CANONICAL[1:]}}
    return {
        "records": RECORDS,
        "judge": {
            "signed": ours.decode(),
            "changed": ours.replace(b"Last", b"Lost").decode(),
            "sealed once": once.decode(),
            "sealed twice": sealed_by_us(once, "pass").decode(),
            "sealed and changed": once.replace(b"Last", b"Lost").decode(),
        },
        "sign": {
            label: {
                "message": LETTER.decode(),
                "options": {
                    "signatureData": [given],
                    "canonicalization": given["canonicalization"],
                    "signTime": NOW * 1000,  # without it mailauth reads the clock twice
                },
            }
            for label, given in options.items()
        },
        "seal": {
            "first": {"message": LETTER.decode(), "seal": {**private, "signTime": NOW * 1000}},
            "second": {"message": once.decode(), "seal": {**private, "signTime": NOW * 1000}},
        },
    }


@pytest.fixture(scope="module")
def exchanged() -> Exchanged:
    if not (FOLDER / "node_modules").is_dir():
        sentence = f"mailauth is missing: cd {FOLDER} && npm ci"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(sentence)
    done = subprocess.run(
        [needs.program("node"), "exchange.mjs"],
        cwd=FOLDER,
        input=json.dumps(orders()),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Exchanged(**json.loads(done.stdout))


def test_mailauth_accepts_our_signatures_of_both_kinds(exchanged: Exchanged) -> None:
    assert exchanged.judged["signed"]["dkim"] == ["pass", "pass"]
    assert "pass" not in exchanged.judged["changed"]["dkim"]


@pytest.mark.parametrize(
    ("label", "result"), [("sealed once", "pass"), ("sealed twice", "pass"), ("sealed and changed", "fail")]
)
def test_mailauth_reads_our_chains(exchanged: Exchanged, label: str, result: str) -> None:
    assert exchanged.judged[label]["arc"] == result


def zones() -> Zones:
    return Zones({name: {"TXT": [text]} for name, text in RECORDS.items()})


@pytest.mark.parametrize("label", [*ALGORITHMS, *CANONICAL[1:]])
def test_we_accept_mailauths_signatures(exchanged: Exchanged, label: str) -> None:
    raw = exchanged.signed[label].encode()
    for content, result in ((raw, "pass"), (raw.replace(b"Last", b"Lost"), "fail")):
        found = asyncio.run(dkim_verify.verify(zones(), canonical.read(content), 2_000_000_000))
        assert [one.result for one in found] == [result]


@pytest.mark.parametrize(("label", "sets"), [("first", 1), ("second", 2)])
def test_we_read_mailauths_chains(exchanged: Exchanged, label: str, sets: int) -> None:
    raw = exchanged.sealed[label].encode()
    found = asyncio.run(arc.validate(zones(), canonical.read(raw)))
    assert (found.result, found.sets) == ("pass", sets)
    changed = asyncio.run(arc.validate(zones(), canonical.read(raw.replace(b"Last", b"Lost"))))
    assert changed.result == "fail"
