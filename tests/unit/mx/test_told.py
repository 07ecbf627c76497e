"""What was found out about a sender, in the message, in the history and in the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailnode.findings import Finding
from mailnode.history import finding
from mailnode.history.details import What
from mailnode.history.finding import Row
from mailnode.senderauth import canonical, results_read
from mailnode.senderauth.arc_seal import seal
from mailnode.senderauth.dkim_sign import Signer
from tests.support.ports import until
from tests.support.signatures import key, signed
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.strangers import FALSE, KNOWN, NAMELESS, letter, stranger_door

NOW = 1_700_000_000


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    checks = "spf_fail=reject no_reverse_name=reject unconfirmed_name=defer"
    with stranger_door(tmp_path_factory.mktemp("mx"), checks=checks) as running:
        yield running


def sent(door: SmtpDoors, content: bytes, sender: str, source: str = KNOWN) -> str:
    with Talk(door.port, "mx.example.test", source) as talk:
        return talk.send(sender, ["ann@example.com"], content)


def newest(door: SmtpDoors) -> Row:
    return door.context.offload.read_now(lambda tx: finding.everything(tx, most=1)[0])


def test_every_result_is_in_the_message_and_in_the_history(door: SmtpDoors) -> None:
    raw = signed(letter("Bob <bob@example.test>"))
    sealer = Signer("example.test", "s", key("ed25519"))
    raw = seal(canonical.read(raw), sealer, results=b"list.test; dmarc=pass", chain="none", now=NOW) + raw
    assert sent(door, raw, "bob@example.test").startswith("250")
    assert newest(door).detail.findings[:4] == tuple(
        Finding(name, 0.0, "pass (example.test)") for name in ("spf", "dkim", "arc", "dmarc")
    )
    said = results_read.parse(canonical.read(door.inbox("ann")[-1]).named(b"authentication-results")[0].value)
    assert said is not None
    assert [(one.method, one.result) for one in said.results] == [
        ("spf", "pass"),
        ("dkim", "pass"),
        ("arc", "pass"),
        ("dmarc", "pass"),
    ]


def test_a_domain_explains_why_its_record_refuses(door: SmtpDoors) -> None:
    """RFC 7208 §6.2; RFC 7372 §3.2"""
    assert sent(door, letter("a@closed.test"), "a@closed.test") == (
        "550 5.7.23 spf_fail: The SPF record of closed.test does not allow this client; "
        "closed.test explains: closed.test sends no mail, nor does 127.0.1.1"
    )
    until(lambda: newest(door).what is What.REFUSED)
    assert newest(door).detail.findings[0] == Finding("spf", 0.0, "fail (closed.test)")


@pytest.mark.parametrize(("source", "answer"), [(NAMELESS, "550 5.7.25 no_rev"), (FALSE, "450 4.7.25 unconfirmed")])
def test_who_has_no_name_hears_so(door: SmtpDoors, source: str, answer: str) -> None:
    """RFC 7372 §3.3"""
    assert sent(door, letter(), "ann@plain.test", source).startswith(answer)
