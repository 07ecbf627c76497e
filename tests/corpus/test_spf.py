"""The public SPF suite for RFC 7208, results and explanations (tests/corpus/spf, its licence beside it)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailnode.senderauth import spf
from tests.support.zones import TIMEOUT, Zones

SUITE = Path(__file__).parent / "spf" / "rfc7208-tests.yml"
KINDS = ("A", "AAAA", "MX", "PTR", "TXT", "CNAME")

Case = tuple[dict[str, Any], dict[str, Any]]


def cases() -> Iterator[Any]:
    for scenario in yaml.safe_load_all(SUITE.read_text(encoding="utf-8")):
        for name, test in scenario["tests"].items():
            yield pytest.param((test, scenario["zonedata"]), id=f"{scenario['description']}: {name}")


def octets(value: str | list[str]) -> bytes:
    """One TXT record; its strings are joined without a separator. The suite writes octets as characters."""
    return "".join([value] if isinstance(value, str) else value).encode("latin-1")


def records(listed: list[Any]) -> dict[str, list[Any]]:
    """One name's records. ``SPF`` stands for TXT where there is no TXT; TIMEOUT for all kinds not named."""
    found: dict[str, list[Any]] = {}
    for one in listed:
        if isinstance(one, str):
            continue
        ((kind, value),) = one.items()
        found.setdefault(kind, []).append(value)
    texts = found.pop("TXT", found.get("SPF", []))
    if texts != ["NONE"]:
        found["TXT"] = [octets(one) for one in texts if one]
    found.pop("SPF", None)
    found["MX"] = [tuple(one) for one in found.get("MX", [])]
    missing = TIMEOUT in listed
    return {kind: found.get(kind) or ([TIMEOUT] if missing else []) for kind in KINDS if found.get(kind) or missing}


@pytest.mark.parametrize("case", list(cases()))
def test_suite(case: Case) -> None:
    test, zone = case
    lookup = Zones({name: records(listed) for name, listed in zone.items()})
    found = asyncio.run(spf.check(lookup, test["host"], test["helo"], test["mailfrom"], receiver="mail.example.com"))
    wanted = test["result"]
    assert found.result in ([wanted] if isinstance(wanted, str) else wanted), found
    if "explanation" in test:
        assert found.explanation == ("" if test["explanation"] == "DEFAULT" else test["explanation"])


def test_the_suite_is_whole() -> None:
    assert len(list(cases())) == 203
