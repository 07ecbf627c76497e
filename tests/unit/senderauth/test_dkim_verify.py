"""Verifying DKIM: the tags of signatures and of keys, one by one, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from mailnode.senderauth import canonical, dkim_verify
from mailnode.senderauth.dkim_sign import Signer, sign
from mailnode.senderauth.dkim_verify import MAX_SIGNATURES, DkimResult
from tests.support import pace
from tests.support.signatures import LETTER, key, published, signed
from tests.support.zones import TIMEOUT, Zones

NOW = 1_800_000_000


def results(raw: bytes, zones: Zones, now: int = NOW) -> tuple[DkimResult, ...]:
    return asyncio.run(dkim_verify.verify(zones, canonical.read(raw), now))


def only(raw: bytes, zones: Zones | None = None, now: int = NOW) -> DkimResult:
    (found,) = results(raw, zones or published(), now)
    return found


def test_a_pass_says_who_signed() -> None:
    found = only(signed(i="news@lists.example.test", t="1799999999"))
    assert (found.result, found.domain, found.selector) == ("pass", "example.test", "s")
    assert (found.identity, found.algorithm) == ("news@lists.example.test", "ed25519-sha256")
    assert len(found.signature) == 8


def test_without_a_signature_there_is_no_result() -> None:
    assert results(LETTER, Zones({})) == ()


@pytest.mark.parametrize("c", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple", "relaxed", None])
def test_canonical_forms(c: str | None) -> None:
    assert only(signed(c=c)).result == "pass"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": "2"}, "unknown version"),
        ({"v": None}, "unknown version"),
        ({"a": "rsa-sha1"}, "SHA-1 is not verified"),
        ({"a": "rsa-md5"}, "unknown algorithm"),
        ({"a": None}, "no a="),
        ({"d": None}, "no d="),
        ({"d": "exa..mple"}, "not a domain name"),
        ({"s": ""}, "no s="),
        ({"s": "a b/c"}, "s= is not a selector"),
        ({"h": "to:subject"}, "From is not signed"),
        ({"h": None}, "no h="),
        ({"c": "relaxed/nofws"}, "unknown canonicalization"),
        ({"bh": "%%%"}, "bh= is not base64"),
        ({"i": "a@example.org"}, "i= is not of the domain d="),
        ({"i": "a@notexample.test"}, "i= is not of the domain d="),
        ({"i": "nobody"}, "i= is not an address"),
        ({"q": "dns/caa"}, "unknown query method"),
        ({"t": "yesterday"}, "t= is not a number"),
        ({"t": "100", "x": "100"}, "x= is not after t="),
        ({"l": "-1"}, "l= is not a number"),
        ({"x": "9" * 13}, "x= is not a number"),
        ({"z": "a\x00b"}, "not a tag list"),
    ],
)
def test_signatures_that_cannot_be_verified(changes: Mapping[str, str | None], reason: str) -> None:
    found = only(signed(**changes))
    assert (found.result, found.reason) == ("permerror", reason)


def test_a_tag_twice_is_no_signature() -> None:
    assert only(signed(note="x").replace(b"note=x", b"d=example.test")).reason == "not a tag list"


@pytest.mark.parametrize("q", ["dns/txt", "dns/txt:dns/other", "http/x : dns/txt"])
def test_query_methods_are_a_list(q: str) -> None:
    assert only(signed(q=q)).result == "pass"


@pytest.mark.parametrize(
    ("i", "identity"),
    [
        ("@example.test", "@example.test"),
        ("=41nn=3Dx@example.test", "Ann=x@example.test"),
        ("J=C3=B6rg@sub.example.test", "Jörg@sub.example.test"),
        ("a=40b@example.test", "a@b@example.test"),
        ("two =20 words@example.test", "two words@example.test"),
    ],
)
def test_identity_is_quoted_printable(i: str, identity: str) -> None:
    found = only(signed(i=i))
    assert (found.result, found.identity) == ("pass", identity)


def test_expired() -> None:
    raw = signed(t="1000", x="2000")
    assert only(raw, now=2000).result == "pass"
    assert only(raw, now=2001).reason == "the signature has expired"


def test_a_signer_may_be_a_day_ahead() -> None:
    raw = signed(t=str(NOW + 80_000))
    assert only(raw).result == "pass"
    assert only(raw, now=NOW - 10_000).result == "policy"


def test_length_leaves_octets_unsigned() -> None:
    raw = signed(l="5")
    assert only(raw).unsigned == len(b"Hello there\r\n\r\nLast\r\n") - 5
    assert only(raw + b"more").result == "pass"
    assert only(raw.replace(b"Hello", b"Hallo")).reason == "the body has changed"


def test_length_beyond_the_body() -> None:
    assert only(signed(l="21")).result == "pass"
    assert only(signed(l="22")).reason == "l= is longer than the body"


@pytest.mark.parametrize(
    ("more", "result", "reason"),
    [
        ("; t=y", "pass", ""),
        ("; s=*", "pass", ""),
        ("; s=other : email", "pass", ""),
        ("; s=web", "permerror", "the key is not for mail"),
        ("; h=sha1:sha256", "pass", ""),
        ("; h=sha1", "permerror", "the key is not for SHA-256"),
        ("; n=a note; x_new=1", "pass", ""),
        ("; t=y:s", "pass", ""),
        ("; t = s ", "pass", ""),
        ("; p=again", "permerror", "not a key record"),
    ],
)
def test_key_tags(more: str, result: str, reason: str) -> None:
    found = only(signed(), published(more=more))
    assert (found.result, found.reason) == (result, reason)


def test_flag_s_wants_the_very_domain() -> None:
    raw = signed(i="a@sub.example.test")
    assert only(raw, published()).result == "pass"
    assert only(raw, published(more="; t=y:s")).result == "neutral"
    found = only(raw, published(more="; t=s"))
    assert (found.result, found.reason) == ("fail", "i= must have the domain of d=")


def test_testing_turns_a_failure_neutral() -> None:
    raw = signed().replace(b"Last", b"Lost")
    assert only(raw).result == "fail"
    found = only(raw, published(more="; t=y"))
    assert (found.result, found.testing) == ("neutral", True)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("v=DKIM1; p=", "the key is revoked"),
        ("v=DKIM1; k=ed25519; p=", "the key is revoked"),
        ("v=DKIM2; p=AAAA", "unknown version of key record"),
        ("p=AAAA; v=DKIM1", "unknown version of key record"),
        ("v=DKIM1; k=dsa; p=AAAA", "unknown key type"),
        ("v=DKIM1; k=ed25519; p=AAAA", "not an Ed25519 key"),
        ("v=DKIM1; p=AAAA", "not an RSA key"),
        ("v=DKIM1; p=***", "the key is not base64"),
        ("v=spf1 -all", "not a key record"),
        ("v=DKIM1; k=ed25519", "not a key record"),
    ],
)
def test_records_that_hold_no_key(record: str, reason: str) -> None:
    found = only(signed(), Zones({"s._domainkey.example.test": {"TXT": [record]}}))
    assert (found.result, found.reason) == ("permerror", reason)


def test_a_key_of_another_type() -> None:
    assert only(signed(algorithm="ed25519"), published("rsa")).reason == "the key is of another type"


def test_any_of_several_records_will_do() -> None:
    good, other = published(), published("rsa")
    name = "s._domainkey.example.test"
    zones = Zones({name: {"TXT": ["v=junk", *other.names[name]["TXT"], *good.names[name]["TXT"]]}})
    assert only(signed(), zones).result == "pass"


def test_no_key_and_no_answer() -> None:
    assert only(signed(), Zones({})).result == "permerror"
    assert only(signed(), Zones({"s._domainkey.example.test": {"TXT": [TIMEOUT]}})).result == "temperror"


def test_a_second_from_breaks_an_oversigned_message() -> None:
    raw = signed(h="from:to:from")
    assert only(raw).result == "pass"
    assert only(raw.replace(b"\r\nTo:", b"\r\nFrom: x@example.org\r\nTo:")).result == "fail"


def test_fields_of_one_name_are_taken_from_the_bottom() -> None:
    raw = signed(b"Received: second\r\nReceived: first\r\n" + LETTER, h="received:from")
    assert only(b"Received: third\r\n" + raw).result == "pass"
    assert only(raw.replace(b"first", b"other")).result == "fail"
    assert only(raw.replace(b"second", b"other")).result == "pass"


def test_a_signature_may_cover_an_older_one() -> None:
    twice = signed(signed(), h="from:dkim-signature")
    assert [one.result for one in results(twice, published())] == ["pass", "pass"]


def test_each_of_several_signatures_is_judged() -> None:
    raw = sign(LETTER, [Signer("example.test", "s", key("ed25519")), Signer("x.test", "s", key("rsa"))], NOW) + LETTER
    assert [one.result for one in results(raw, published())] == ["pass", "permerror"]


def test_too_many_signatures_are_named_and_not_verified() -> None:
    raw = LETTER
    for _ in range(MAX_SIGNATURES + 5):
        raw = signed(raw)
    zones = published()
    found = results(raw, zones)
    assert [one.result for one in found] == ["pass"] * MAX_SIGNATURES + ["policy"]
    assert len(zones.asked) == 1


def test_speed_of_a_usual_message() -> None:
    letter = LETTER + b"Some words of text.\r\n" * 150
    raw = sign(letter, [Signer("example.test", "s", key("rsa"))], NOW) + letter
    zones = published("rsa")
    assert only(raw, zones).result == "pass"
    pace.assert_within(0.001, lambda: only(raw, zones), 10)


def test_speed_of_a_large_message() -> None:
    letter = LETTER + b"Some words of  text and then some more of them.\r\n" * 21_000
    raw = sign(letter, [Signer("example.test", "s", key("rsa"))], NOW) + letter
    zones = published("rsa")
    assert only(raw, zones).result == "pass"
    pace.assert_within(0.010, lambda: only(raw, zones), 10)


@pytest.mark.parametrize("body", [b" " * 2_000_000, b" \t\r\n" * 500_000, b"\r\n" * 1_000_000, b"x " * 1_000_000])
@pytest.mark.parametrize("c", ["relaxed/relaxed", "simple/simple"])
def test_hostile_bodies_cost_their_length(body: bytes, c: str) -> None:
    raw = signed(LETTER + body, c=c)
    assert only(raw).result == "pass"
    pace.assert_within(2, lambda: only(raw))


@pytest.mark.parametrize(
    "field",
    [
        b"h=" + b"from:" * 12_000,
        b"; " * 30_000,
        b"b=" + b"; b=" * 15_000,
        b"i=" + b"=41" * 20_000,
        b"b" + b" " * 60_000,
        b"v=1; s=" + b"a-" * 30_000,
    ],
)
def test_hostile_signatures_cost_their_length(field: bytes) -> None:
    raw = b"DKIM-Signature: v=1; a=ed25519-sha256; d=example.test; s=s; bh=AAAA; " + field + b"\r\n" + LETTER
    pace.assert_within(1, lambda: results(raw, published()))
