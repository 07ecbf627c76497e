"""SPF beyond the public suite: who is asked, what it costs, and what a peer cannot do."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.senderauth import spf, spf_macros, spf_record
from mailnode.senderauth.spf import SpfResult
from tests.support import pace
from tests.support.zones import TIMEOUT, Zones


def checked(zones: Zones, sender: str = "a@example.com", ip: str = "192.0.2.1", helo: str = "mx.test") -> SpfResult:
    return asyncio.run(spf.check(zones, ip, helo, sender, receiver="mail.example.org", now=1_800_000_000))


def record(text: str, **names: dict[str, list[str]]) -> Zones:
    others = {name.replace("_", "."): records for name, records in names.items()}
    return Zones({"example.com": {"TXT": [text]}, **others})


def test_the_null_sender_is_judged_by_helo() -> None:
    zones = Zones({"mx.example.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}})
    assert checked(zones, "", helo="mx.example.com") == SpfResult(
        "pass", "mx.example.com", "helo", reason="ip4:192.0.2.0/24"
    )


def test_labels_beyond_ascii_are_asked_for_in_ascii() -> None:
    zones = Zones({"xn--bcher-kva.example": {"TXT": ["v=spf1 -all"]}})
    assert checked(zones, "a@Bücher.example").result == "fail"


@pytest.mark.parametrize("sender", ["a@localhost", "a@[192.0.2.1]", "a@", "a@b c.example", "a@ü\x00.example", "@"])
def test_what_is_no_domain_has_no_policy(sender: str) -> None:
    zones = Zones({})
    assert checked(zones, sender, helo="").result == "none"
    assert zones.asked == []


def test_explanations_are_the_domains_own_words() -> None:
    zones = record("v=spf1 -all exp=why.example.com", why_example_com={"TXT": ["%{i} is not %{d}, says %{r} at %{t}"]})
    assert checked(zones).explanation == "192.0.2.1 is not example.com, says mail.example.org at 1800000000"


def test_ipv6_with_macros() -> None:
    zones = record("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all")
    name = ".".join(reversed("20010db8000000000000000000000001")) + ".ip6._spf.example.com"
    zones.names[name] = {"A": ["127.0.0.2"]}
    assert checked(zones, ip="2001:db8::1").result == "pass"
    assert checked(zones, ip="2001:db8::2").result == "fail"


def test_hosts_of_an_mx_without_addresses_are_one_void_term() -> None:
    hosts = [(0, f"mx{number}.example.com") for number in range(10)]
    zones = Zones({"example.com": {"TXT": ["v=spf1 mx mx ip4:192.0.2.1 -all"], "MX": hosts}})
    assert checked(zones).result == "pass"
    zones.names["example.com"] = {"TXT": ["v=spf1 mx mx mx ip4:192.0.2.1 -all"], "MX": hosts}
    assert checked(zones).reason == "more than 2 terms that find nothing"


def test_a_host_that_does_not_answer_leaves_it_undecided() -> None:
    zones = Zones(
        {
            "example.com": {"TXT": ["v=spf1 mx -all"], "MX": [(0, "a.example.com"), (0, "b.example.com")]},
            "a.example.com": {"A": [TIMEOUT]},
            "b.example.com": {"A": ["192.0.2.1"]},
        }
    )
    assert checked(zones).result == "pass"
    assert checked(zones, ip="192.0.2.2").result == "temperror"


def test_a_tree_of_includes_ends() -> None:
    zones = Zones({f"{n}.example": {"TXT": ["v=spf1" + f" include:{n + 1}.example" * 20]} for n in range(30)})
    assert checked(zones, "a@0.example").reason == "more than 10 terms that ask the DNS"
    assert len(zones.asked) == 11


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 " + "a" * 60_000,
        "v=spf1 a:" + "a." * 30_000,
        "v=spf1 a:" + "/" * 60_000,
        "v=spf1 " + "%{d}" * 15_000,
        "v=spf1 exists:" + "%{d}." * 12_000 + "example.com",
        "v=spf1 exists:%{l99r+-/=_,.}" + ".x" * 20_000,
        "v=spf1 " + "ip4:192.0.2.9 " * 4_000,
        "v=spf1 a:" + "-" * 60_000 + ".com",
    ],
)
def test_hostile_records_cost_their_length(text: str) -> None:
    pace.assert_within(1, lambda: checked(record(text), "-".join("a" * 400) + "@example.com"))


@pytest.mark.parametrize("text", ["%", "%{", "%{z}", "%{d0}", "%{d1000}", "%{dd}", "%{d?}", "%(d)", "a b", "ü"])
def test_what_is_no_macro_string(text: str) -> None:
    with pytest.raises(spf_macros.BadMacro):
        spf_macros.macro(text)


def test_records_are_told_from_other_texts() -> None:
    texts = [b"v=spf1", b"V=SPF1 a", b"v=spf10", b"v=spf1\ta", b" v=spf1", b"", b"spf1"]
    assert spf_record.chosen(texts) == [b"v=spf1", b"V=SPF1 a"]
