"""Who really sent it, at the door: strangers are judged, ours are not, and forged results go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from mailnode.mx import authentication, serve
from mailnode.mx.authentication import Judged, judge
from mailnode.mx.policy import Policy
from mailnode.proto.address import Address
from mailnode.resolver import Resolver
from mailnode.settings import Settings
from mailnode.smtpd.reception import Envelope, Peer
from tests.support.signatures import LETTER, published, signed
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.zones import Zones

STRANGER = Peer("192.0.2.1", hello="mx.example.test", extended=True)
FORGED = b"Authentication-Results: mail.example.com; dmarc=pass\r\n"


def world() -> Zones:
    zones = published()
    zones.names["example.test"] = {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}
    zones.names["_dmarc.example.test"] = {"TXT": ["v=DMARC1; p=reject"]}
    return zones


def judged(content: bytes, peer: Peer = STRANGER, sender: str = "example.test", **settings: Any) -> Judged:
    values = Settings(data_dir=Path("/nowhere"), hostname="mail.example.com", **settings)
    policy = Policy(values, cast(Resolver, world()))
    return asyncio.run(judge(policy, peer, Envelope(Address("bounce", sender)), content))


def test_a_stranger_is_judged_and_forged_results_go() -> None:
    found = judged(FORGED + signed())
    assert found.content == signed_as(found.content)
    assert found.field.startswith(b"Authentication-Results: mail.example.com;\r\n\tspf=pass (ip4:192.0.2.1)")
    assert found.words == {"spf": "pass", "dkim": "pass", "dmarc": "pass"}


def signed_as(content: bytes) -> bytes:
    """The content without anything in front of its signature."""
    return content[content.index(b"DKIM-Signature") :]


@pytest.mark.parametrize(
    ("peer", "settings"),
    [
        (replace(STRANGER, address="127.0.0.1"), {}),
        (replace(STRANGER, address="::1"), {}),
        (replace(STRANGER, user_id=7), {}),
        (STRANGER, {"mynetworks": ("192.0.2.0/24",)}),
        (STRANGER, {"senderauth": False}),
    ],
)
def test_ours_are_not_judged(peer: Peer, settings: dict[str, Any]) -> None:
    content = FORGED + LETTER
    assert judged(content, peer, dmarc_reject=True, **settings) == Judged(content)


def test_a_forgery_is_taken_and_marked_unless_asked_otherwise() -> None:
    found = judged(LETTER, sender="evil.example")
    assert (found.refusal, b"dmarc=fail" in found.field) == (None, True)
    refused = judged(LETTER, sender="evil.example", dmarc_reject=True)
    assert str(refused.refusal) == (
        "550 5.7.1 dmarc_reject: the DMARC policy of example.test refuses mail that it did not send"
    )
    assert judged(signed(), sender="evil.example", dmarc_reject=True).refusal is None


def _asks(zones: Zones, question: str) -> Callable[[Resolver, str], Any]:
    return lambda _, name: getattr(zones, question)(name)


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpDoors]:
    """A door to which this machine is a stranger, with a DNS that is ``world``."""
    zones = world()
    monkeypatch.setattr(authentication, "is_loopback", lambda _: False)
    for question in ("a", "aaaa", "mx", "txt", "ptr"):
        monkeypatch.setattr(Resolver, question, _asks(zones, question))
    with SmtpDoors(serve, tmp_path, dmarc_reject=True) as running:
        yield running


def test_the_field_stands_above_received(door: SmtpDoors) -> None:
    with Talk(door.port) as talk:
        assert talk.send("bounce@example.test", ["ann@example.com"], FORGED + signed()).startswith("250")
    stored = door.inbox("ann")[-1]
    names = [line.partition(b":")[0] for line in stored.split(b"\r\n") if b":" in line and line[:1] not in b" \t"]
    assert names[:5] == [b"Return-Path", b"Delivered-To", b"Authentication-Results", b"Received", b"DKIM-Signature"]
    assert stored.count(b"Authentication-Results") == 1
    assert b"\tdkim=pass header.d=example.test" in stored


def test_a_refused_forgery_leaves_nothing(door: SmtpDoors) -> None:
    before = len(door.inbox("ann"))
    with Talk(door.port) as talk:
        assert talk.send("a@evil.example", ["ann@example.com"], LETTER).startswith("550 5.7.1 dmarc_reject")
        assert talk.send("bounce@example.test", ["ann@example.com"], signed()).startswith("250")
    assert len(door.inbox("ann")) == before + 1
