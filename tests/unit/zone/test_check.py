"""The check against a real bind9 that serves our own zone file, right and spoilt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailnode.resolver import Resolver
from mailnode.zone.check import Finding, check
from mailnode.zone.plan import DkimRecord, Plan
from mailnode.zone.records import policy_id
from mailnode.zone.zone_file import reverse_zones, zone_file
from tests.support import ports
from tests.support.bind9 import Named
from tests.unit.zone.zones import NOW, PLAN

ZONES = {zone.name: zone.text for zone in (zone_file(PLAN, NOW), *reverse_zones(PLAN, NOW))}


def findings(zones: dict[str, str]) -> tuple[Finding, ...]:
    with Named(zones) as named:
        return asyncio.run(check(Resolver([named.address]), PLAN))


def spoilt(change: Callable[[str], str], purpose: str) -> Finding:
    """The one finding that a change to the zone makes not ok."""
    found = findings({**ZONES, "example.com": change(ZONES["example.com"])})
    bad = [one for one in found if one.verdict != "ok"]
    assert {one.purpose for one in bad} == {purpose}, bad
    return bad[0]


def without(pattern: str) -> Callable[[str], str]:
    return lambda text: "\n".join(line for line in text.splitlines() if not re.search(pattern, line)) + "\n"


def also(line: str) -> Callable[[str], str]:
    return lambda text: text + line + "\n"


def test_our_own_zone_is_right() -> None:
    found = findings(ZONES)
    assert [one for one in found if one.verdict != "ok"] == []
    assert {one.purpose for one in found} >= {"mx", "host", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "srv", "ptr"}


@pytest.mark.parametrize(
    ("pattern", "purpose"),
    [
        (" TXT .v=spf1", "spf"),
        (r"rsa\d+\._domainkey", "dkim"),
        ("^_dmarc", "dmarc"),
        ("^_mta-sts", "mta-sts"),
        (r"^_smtp\._tls", "tls-rpt"),
        (r"^_imaps\._tcp", "srv"),
        ("^autoconfig", "autoconfig"),
        (" MX ", "mx"),
    ],
)
def test_a_missing_record_is_named_with_its_value(pattern: str, purpose: str) -> None:
    finding = spoilt(without(pattern), purpose)
    assert (finding.verdict, finding.found) == ("missing", ())
    assert finding.advice.english.startswith(f"Enter a {finding.type} record of {finding.name}: ")


def test_another_mx_is_wrong_and_mail_does_not_arrive() -> None:
    finding = spoilt(lambda text: text.replace("MX 10 mail", "MX 10 other"), "mx")
    assert (finding.verdict, finding.found, finding.needed) == ("wrong", ("10 other.example.com.",), True)


def test_a_second_mx_is_nobodys_mistake() -> None:
    assert all(
        one.verdict == "ok" for one in findings({**ZONES, "example.com": also("@ IN MX 20 x")(ZONES["example.com"])})
    )


def test_another_key_is_wrong() -> None:
    finding = spoilt(lambda text: re.sub(r"(ed25519\d+\._domainkey .* p=)[\w+/]+", r"\1AAAA", text), "dkim")
    assert finding.verdict == "wrong"


def test_the_advice_on_a_key_says_what_it_is_for() -> None:
    keys = (
        *PLAN.keys,
        DkimRecord("new", PLAN.keys[0].value, "coming"),
        DkimRecord("old", PLAN.keys[0].value, "retired"),
    )
    with Named(ZONES) as named:
        found = asyncio.run(check(Resolver([named.address]), replace(PLAN, keys=keys)))
    new, old = (one for one in found if one.verdict != "ok")
    assert new.advice.english.endswith("mail is signed with this key once it is there")
    assert old.advice.english.endswith("mail that is still on its way was signed with this key")


@pytest.mark.parametrize(
    "before",
    [
        replace(PLAN, sts_mode="enforce"),
        replace(PLAN, hostname="old.example.com"),
    ],
)
def test_the_id_of_another_policy_is_wrong(before: Plan) -> None:
    finding = spoilt(lambda text: text.replace(policy_id(PLAN), policy_id(before)), "mta-sts")
    assert finding.verdict == "wrong"
    assert finding.expected == (f"v=STSv1; id={policy_id(PLAN)}",)
    assert " belongs to another policy" in finding.advice.english
    assert finding.advice.english.endswith(f'"v=STSv1; id={policy_id(PLAN)}"')


@pytest.mark.parametrize("own", ["20160831085700Z", "1", "20261126000000000000"])
def test_an_id_that_is_given_by_hand_is_right_and_a_reminder(own: str) -> None:
    found = findings({**ZONES, "example.com": ZONES["example.com"].replace(policy_id(PLAN), own)})
    assert [one for one in found if one.verdict != "ok"] == []
    assert [one.name for one in found if one.advice.english] == ["_mta-sts.example.com"]


def test_an_id_that_nobody_can_read_is_wrong() -> None:
    finding = spoilt(lambda text: text.replace(policy_id(PLAN), "2026-11-26"), "mta-sts")
    assert (finding.verdict, finding.advice.english[:6]) == ("wrong", "Change")


def test_two_spf_records_spoil_each_other() -> None:
    finding = spoilt(also('@ IN TXT "v=spf1 a -all"'), "spf")
    assert finding.verdict == "extra"
    assert len(finding.found) == 2


def test_an_spf_record_may_allow_more() -> None:
    wider = ZONES["example.com"].replace("v=spf1 mx -all", "v=spf1 a mx include:x.example ~all")
    assert all(one.verdict == "ok" for one in findings({**ZONES, "example.com": wider}))


def test_other_texts_at_the_same_name_do_not_matter() -> None:
    more = also('@ IN TXT "site-verification=1"')(ZONES["example.com"])
    assert all(one.verdict == "ok" for one in findings({**ZONES, "example.com": more}))


def test_an_address_instead_of_an_alias_is_as_good() -> None:
    changed = re.sub(r"autoconfig 3600 IN CNAME .*", "autoconfig 3600 IN A 192.0.2.1", ZONES["example.com"])
    assert all(one.verdict == "ok" for one in findings({**ZONES, "example.com": changed}))


def test_a_silent_dns_is_unknown() -> None:
    resolver = Resolver([f"127.0.0.1:{ports.free()}"], timeout=0.05, lifetime=0.1)
    assert {one.verdict for one in asyncio.run(check(resolver, PLAN))} == {"unknown"}
