"""One call for a door: everything together, in time, and the field that says it."""

from __future__ import annotations

import asyncio

from mailnode.resolver import Answer, TextAnswer
from mailnode.senderauth import check as module
from mailnode.senderauth.check import Verdict, check
from mailnode.senderauth.dkim_keys import txt_value
from mailnode.senderauth.dkim_sign import Signer, sign
from tests.support import pace
from tests.support.signatures import LETTER, key, pem, published, signed
from tests.support.zones import TIMEOUT, Zones

NOW = 1_800_000_000


def judged(raw: bytes, zones: Zones, sender: str = "bounce@example.test", seconds: float = 60.0) -> Verdict:
    async def run() -> Verdict:
        return await check(
            zones, "192.0.2.1", "mx.example.test", sender, raw, NOW, authserv_id="mail.example.com", seconds=seconds
        )

    return asyncio.run(run())


def world() -> Zones:
    zones = published()
    zones.names["example.test"] = {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}
    zones.names["_dmarc.example.test"] = {"TXT": ["v=DMARC1; p=reject"]}
    return zones


def test_everything_passes() -> None:
    found = judged(signed(), world())
    assert (found.spf.result, found.dkim[0].result, found.arc.result, found.dmarc.result) == (
        "pass",
        "pass",
        "none",
        "pass",
    )
    assert found.header_from_domain == "example.test"
    beginning = found.dkim[0].signature
    assert found.fields.decode() == (
        "Authentication-Results: mail.example.com;\r\n"
        "\tspf=pass (ip4:192.0.2.0/24) smtp.mailfrom=bounce@example.test;\r\n"
        "\tdkim=pass header.d=example.test header.i=@example.test header.s=s\r\n"
        f"\t header.a=ed25519-sha256 header.b={quoted(beginning)};\r\n"
        "\tdmarc=pass (by DKIM, example.test) header.from=example.test\r\n\t policy.dmarc=reject\r\n"
    )


def quoted(text: str) -> str:
    return f'"{text}"' if "/" in text or "=" in text else text


def test_a_forgery_fails() -> None:
    zones = world()
    zones.names["evil.example"] = {"TXT": ["v=spf1 +all"]}
    found = judged(LETTER, zones, "x@evil.example")
    assert (found.spf.result, found.dkim, found.dmarc.result, found.dmarc.policy) == ("pass", (), "fail", "reject")
    assert b"dkim=none" in found.fields
    assert b"dmarc=fail header.from=example.test policy.dmarc=reject" in found.fields


def test_the_null_sender() -> None:
    zones = world()
    zones.names["mx.example.test"] = {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}
    found = judged(LETTER, zones, "")
    assert b"spf=pass (ip4:192.0.2.1) smtp.helo=mx.example.test" in found.fields
    assert (found.dmarc.result, found.dmarc.by) == ("pass", "spf")


def test_no_answers_decide_nothing() -> None:
    names = ("s._domainkey.example.test", "example.test", "_dmarc.example.test")
    found = judged(signed(), Zones({name: {"TXT": [TIMEOUT]} for name in names}))
    assert [found.spf.result, found.dkim[0].result, found.dmarc.result] == ["temperror"] * 3
    assert b"dmarc=temperror (the policy could not be looked up)" in found.fields


NEVER = 3600  # seconds


class Slow(Zones):
    """Answers of some names never come."""

    def __init__(self, zones: Zones, *slow: str) -> None:
        super().__init__(zones.names)
        self.slow = slow

    async def txt(self, name: str) -> TextAnswer:
        if name in self.slow:
            await asyncio.sleep(NEVER)
        answer: Answer[bytes] = await super().txt(name)
        return answer


def test_a_slow_dns_costs_a_bounded_time() -> None:
    names = ("s._domainkey.example.test", "example.test", "_dmarc.example.test")
    found = judged(signed(), Slow(world(), *names), seconds=0.1)
    assert [found.spf.result, found.dkim[0].result, found.dmarc.result] == ["temperror"] * 3


def test_what_is_known_in_time_counts() -> None:
    known = []
    for seconds in (0.1, 1, 10):  # a busy machine may need longer for what it knows
        found = judged(signed(), Slow(world(), "example.test"), seconds=seconds)
        known.append([found.spf.result, found.dkim[0].result, found.dmarc.result])
        if known[-1][-1] == "pass":
            break
    assert known[-1] == ["temperror", "pass", "pass"]


def test_a_large_message_is_read_on_another_thread() -> None:
    raw = signed(LETTER + b"x" * module.INLINE)
    assert judged(raw, world()).dmarc.result == "pass"


def test_speed() -> None:
    """A usual message with one RSA signature: far below a millisecond but for the DNS."""
    letter = LETTER + b"Some words of text.\r\n" * 150
    raw = sign(letter, [Signer("example.test", "s", key("rsa"))], NOW) + letter
    zones = world()
    zones.names["s._domainkey.example.test"] = {"TXT": [txt_value(pem("rsa"))]}

    async def run() -> None:
        await check(zones, "192.0.2.1", "mx.example.test", "a@example.test", raw, NOW, authserv_id="m.example")

    with asyncio.Runner() as runner:
        pace.assert_within(0.002, lambda: runner.run(run()), 20)
