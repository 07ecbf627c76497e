"""The public ARC suite (tests/corpus/arc, its licence beside it): 171 chains to judge, 17 messages to seal.

Three chains have no expected state in the suite: their newest seal says cv=fail, and an early draft wanted
them passed over. RFC 8617 §5.2 calls them failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailnode.senderauth import arc, canonical, dkim_keys, results, tags
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.dkim_sign import Signer
from tests.support.zones import Zones

FOLDER = Path(__file__).parent / "arc"
TAG_FIELDS = {"AS": b"arc-seal", "AMS": b"arc-message-signature"}


def cases(name: str) -> Iterator[Any]:
    for scenario in yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")):
        if scenario:
            for test in scenario["tests"]:
                yield pytest.param(scenario, scenario["tests"][test], id=f"{scenario['description']}: {test}")


VALIDATION = list(cases("arc-draft-validation-tests.yml"))
SIGNING = list(cases("arc-draft-sign-tests.yml"))


def zones(scenario: dict[str, Any]) -> Zones:
    return Zones({name: {"TXT": [text.strip().encode()]} for name, text in scenario["txt-records"].items()})


def octets(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("scenario", "test"), VALIDATION)
def test_validation(scenario: dict[str, Any], test: dict[str, Any]) -> None:
    found = asyncio.run(arc.validate(zones(scenario), canonical.read(octets(test["message"]))))
    wanted = test["cv"].strip().lower() or "fail"
    assert found.result == wanted, found


@pytest.mark.parametrize(("scenario", "test"), SIGNING)
def test_sealing(scenario: dict[str, Any], test: dict[str, Any]) -> None:
    raw = octets(test["message"])
    message = canonical.read(raw)
    chain = asyncio.run(arc.validate(zones(scenario), message))
    said = results.own(raw, test["srv-id"])
    made = seal(
        message,
        Signer(scenario["domain"], scenario["sel"], dkim_keys.read(scenario["privatekey"])),
        results=b"; ".join([test["srv-id"].encode(), *said]),
        chain=chain.result,
        now=test["t"],
        names=test["sig-headers"].encode().split(b":"),
    )
    new = canonical.read(made)
    for kind, name in TAG_FIELDS.items():
        wanted = tags.parse(test[kind].encode())
        found = [tags.parse(field.value) for field in new.named(name)]
        assert [plain(one) for one in found] == ([plain(wanted)] if wanted else [])
    stated = [field.value.split() for field in new.named(arc.RESULTS)]
    assert stated == ([test["AAR"].encode().split()] if test["AAR"].strip() else [])


def plain(found: tags.Tags | None) -> tags.Tags:
    return {name: tags.unfolded(value) for name, value in (found or {}).items()}


def test_the_suite_is_whole() -> None:
    assert (len(VALIDATION), len(SIGNING)) == (171, 17)
