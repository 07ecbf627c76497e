"""DMARC: records, the tree walk with the examples of RFC 9989 appendix B.3, alignment and policy."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.senderauth import canonical, dmarc, dmarc_record
from mailnode.senderauth.dkim_verify import DkimResult
from mailnode.senderauth.dmarc import DmarcResult, Policy, organization_of, walk_names
from mailnode.senderauth.dmarc_record import PolicyRecord
from mailnode.senderauth.spf import SpfResult
from tests.support.zones import TIMEOUT, Zones

NOTHING = SpfResult("none")


def policies(**records: str) -> Zones:
    """A DNS with policy records: ``example_com="p=none"`` stands at _dmarc.example.com."""
    return Zones({f"_dmarc.{name.replace('_', '.')}": {"TXT": [f"v=DMARC1; {text}"]} for name, text in records.items()})


def evaluated(zones: Zones, domain: str, *dkim: str, spf: str = "") -> DmarcResult:
    async def run() -> DmarcResult:
        policy = await dmarc.discover(zones, domain)
        sent = SpfResult("pass", spf) if spf else NOTHING
        return await dmarc.evaluate(zones, (domain,), policy, sent, [DkimResult("pass", name) for name in dkim])

    return asyncio.run(run())


def organization(zones: Zones, domain: str) -> str:
    return asyncio.run(organization_of(zones, domain))


def test_a_whole_record() -> None:
    text = b"v=DMARC1;p=Reject; sp=quarantine ;np=none; adkim=s; aspf=S; psd=n; t=y; fo=1:d; rua=mailto:a@b.example!10m"
    assert dmarc_record.read(text) == PolicyRecord(
        "reject", "quarantine", "none", "strict", "strict", "no", True, ("mailto:a@b.example",), (), "1:d"
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"v=DMARC2; p=reject",
        b"v=dmarc1; p=reject",
        b"p=reject; v=DMARC1",
        b" v=DMARC1; p=reject",
        b"v=DMARC1x; p=reject",
        b"v=spf1 -all",
    ],
)
def test_what_is_no_record(text: bytes) -> None:
    assert dmarc_record.chosen([text]) is None


def test_several_records_are_none() -> None:
    one = b"v=DMARC1; p=reject"
    assert dmarc_record.chosen([one, one]) is None
    assert dmarc_record.chosen([b"other", one]) == PolicyRecord("reject")


@pytest.mark.parametrize(
    ("text", "record"),
    [
        (b"v=DMARC1", PolicyRecord()),
        (b"v = DMARC1 ; p = quarantine ;", PolicyRecord("quarantine")),
        (b"v=DMARC1; p=reject; adkim=x; psd=maybe; t=1; pct=5; new=1; junk", PolicyRecord("reject")),
        (b"v=DMARC1; p=reject; p=none", PolicyRecord("reject")),
        (b"v=DMARC1; p=rejct", PolicyRecord(usable=False)),
        (b"v=DMARC1; p=reject; sp=quarantin", PolicyRecord(usable=False)),
        (b"v=DMARC1; p=rejct; rua=mailto:a@b.example", PolicyRecord(reports=("mailto:a@b.example",))),
        (b"v=DMARC1; p=none; rua=nonsense, https://b.example/x", PolicyRecord(reports=("https://b.example/x",))),
        (b"v=DMARC1; p=\xff\xfe; \x00=;;=;", PolicyRecord(usable=False)),
    ],
)
def test_faults_are_passed_over(text: bytes, record: PolicyRecord) -> None:
    assert dmarc_record.read(text) == record


def test_a_long_name_is_asked_eight_times() -> None:
    assert walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]


@pytest.mark.parametrize("labels", range(1, 20))
def test_never_more_than_eight(labels: int) -> None:
    names = walk_names(".".join("a" * labels))
    assert len(names) == min(labels, 8)
    assert names[-1] == "a"


@pytest.mark.parametrize(
    ("records", "domain", "wanted"),
    [
        ({"mail_example_com": "p=none", "example_com": "p=none"}, "a.mail.example.com", "example.com"),
        ({"mail_example_com": "psd=n", "example_com": "p=none"}, "a.mail.example.com", "mail.example.com"),
        ({"com": "psd=y"}, "a.mail.example.com", "example.com"),
        ({"example_com": "psd=y"}, "mail.example.com", "mail.example.com"),
        ({"bank_example": "psd=y; p=reject"}, "bank.example", "bank.example"),
        ({}, "a.mail.example.com", "a.mail.example.com"),
    ],
)
def test_organizational_domain(records: dict[str, str], domain: str, wanted: str) -> None:
    assert organization(policies(**records), domain) == wanted


def test_example_simple() -> None:
    zones = policies(example_com="p=none", signing_example_com="p=none")
    assert evaluated(zones, "example.com", spf="example.com").by == "spf"
    assert evaluated(zones, "example.com", "signing.example.com").aligned == "signing.example.com"


def test_example_deep() -> None:
    zones = policies(example_com="p=reject", signing_example_com="p=none")
    domain = "a.b.c.d.e.f.g.h.i.j.k.example.com"
    assert evaluated(zones, domain, "signing.example.com").result == "pass"
    found = evaluated(zones, domain)
    assert (found.result, found.policy) == ("fail", "reject")


def test_example_of_a_public_suffix_with_a_policy() -> None:
    zones = policies(bank_example="psd=y; p=reject", giant_bank_example="p=quarantine")
    domain = "giant.bank.example"
    assert evaluated(zones, domain, spf="mail.giant.bank.example").result == "pass"
    found = evaluated(zones, domain, "mail.mega.bank.example", "bank.example")
    assert (found.result, found.policy) == ("fail", "quarantine")


def test_a_public_suffix_speaks_for_those_who_do_not() -> None:
    zones = policies(bank_example="psd=y; p=none; np=reject; sp=quarantine")
    zones.names["real.bank.example"] = {"A": ["192.0.2.1"]}
    assert evaluated(zones, "real.bank.example").policy == "quarantine"
    assert evaluated(zones, "unreal.bank.example").policy == "reject"


@pytest.mark.parametrize(
    ("text", "own", "existing", "other"),
    [
        ("p=reject", "reject", "reject", "reject"),
        ("p=reject; sp=none", "reject", "none", "none"),
        ("p=none; sp=quarantine; np=reject", "none", "quarantine", "reject"),
        ("p=none; np=reject", "none", "none", "reject"),
        ("p=reject; t=y", "quarantine", "quarantine", "quarantine"),
        ("p=quarantine; sp=reject; np=none; t=y", "none", "quarantine", "none"),
        ("rua=mailto:a@example.com", "none", "none", "none"),
    ],
)
def test_policy_of_a_domain_and_its_subdomains(text: str, own: str, existing: str, other: str) -> None:
    zones = policies(example_com=text)
    zones.names["real.example.com"] = {"MX": [(10, "mx.example.com")]}
    found = [evaluated(zones, name).policy for name in ("example.com", "real.example.com", "unreal.example.com")]
    assert found == [own, existing, other]


def test_the_nearest_record_is_taken_only_from_the_author() -> None:
    zones = policies(example_com="p=reject", b_example_com="p=none")
    found = evaluated(zones, "a.b.example.com")
    assert (found.policy, found.found) == ("reject", Policy("example.com", PolicyRecord("reject"), "example.com"))
    assert evaluated(zones, "b.example.com").policy == "none"


def test_strict_alignment() -> None:
    zones = policies(example_com="p=reject; adkim=s")
    assert evaluated(zones, "example.com", "mail.example.com").result == "fail"
    assert evaluated(zones, "example.com", "example.com").result == "pass"
    assert evaluated(zones, "example.com", spf="mail.example.com").result == "pass"
    assert evaluated(policies(example_com="p=reject; aspf=s"), "example.com", spf="m.example.com").result == "fail"


def test_strangers_cost_no_questions() -> None:
    zones = policies(example_com="p=reject")
    found = evaluated(zones, "example.com", "example.org", "notexample.com", "com", spf="elsewhere.example")
    assert found.result == "fail"
    assert zones.asked == [("_dmarc.example.com", "TXT"), ("_dmarc.com", "TXT")]


def test_a_signature_over_part_of_the_body_aligns_nothing() -> None:
    zones = policies(example_com="p=reject")

    async def run(unsigned: int) -> DmarcResult:
        policy = await dmarc.discover(zones, "example.com")
        signature = DkimResult("pass", "example.com", unsigned=unsigned)
        return await dmarc.evaluate(zones, ("example.com",), policy, NOTHING, [signature])

    assert asyncio.run(run(0)).result == "pass"
    assert asyncio.run(run(1)).result == "fail"


def test_without_a_policy_there_is_no_result() -> None:
    assert evaluated(policies(), "example.com", "example.com").result == "none"


def test_an_unusable_policy_is_an_error() -> None:
    assert evaluated(policies(example_com="p=junk"), "example.com").result == "permerror"


def unanswered(*names: str, **records: str) -> Zones:
    zones = policies(**records)
    zones.names.update({f"_dmarc.{name}": {"TXT": [TIMEOUT]} for name in names})
    return zones


def test_no_answer_at_the_author() -> None:
    with pytest.raises(dmarc.Unanswered):
        evaluated(unanswered("example.com"), "example.com")


def test_no_answer_above_a_record_matters_only_where_it_is_asked_for() -> None:
    zones = unanswered("com", example_com="p=reject")
    assert evaluated(zones, "example.com", "example.com").result == "pass"
    assert evaluated(zones, "example.com", "mail.example.com").result == "temperror"
    assert evaluated(zones, "example.com").result == "fail"


def test_no_answer_behind_the_end_of_the_walk_does_not_matter() -> None:
    zones = unanswered("com", example_com="p=reject; psd=n")
    assert evaluated(zones, "example.com", "mail.example.com").result == "pass"


def test_undecided_checks_leave_it_undecided() -> None:
    zones = policies(example_com="p=reject")

    async def run(*dkim: DkimResult) -> DmarcResult:
        policy = await dmarc.discover(zones, "example.com")
        return await dmarc.evaluate(zones, ("example.com",), policy, NOTHING, dkim)

    assert asyncio.run(run(DkimResult("temperror", "example.com"))).result == "temperror"
    both = (DkimResult("temperror", "example.com"), DkimResult("pass", "example.com"))
    assert asyncio.run(run(*both)).result == "pass"


@pytest.mark.parametrize(
    ("head", "domains"),
    [
        (b"From: A <a@Example.COM>\r\n", ("example.com",)),
        (b'From: "b@bank.example" <a@example.com>\r\n', ("example.com",)),
        (b"From: a@example.com, b@example.com\r\n", ("example.com",)),
        (b"From: a@example.com, b@example.org, c@example.net\r\n", ("example.com", "example.org")),
        (b"From: a@example.com\r\nFROM: b@example.org\r\n", ("example.com", "example.org")),
        ("From: a@bücher.example\r\n".encode(), ("xn--bcher-kva.example",)),
        (b"From: a@_x.example.com.\r\n", ("_x.example.com",)),
        (b"From: group: a@example.com;\r\n", ("example.com",)),
        (b"From: undisclosed:;\r\n", ()),
        (b"From: a@[192.0.2.1]\r\n", ()),
        (b"From: \xff@\xff\r\n", ()),
        (b"To: a@example.com\r\n", ()),
    ],
)
def test_domains_of_the_author(head: bytes, domains: tuple[str, ...]) -> None:
    assert dmarc.author_domains(canonical.read(head + b"\r\n")) == domains


@pytest.mark.parametrize(("domains", "result"), [((), "none"), (("a.example", "b.example"), "permerror")])
def test_no_single_author(domains: tuple[str, ...], result: str) -> None:
    found = asyncio.run(dmarc.evaluate(policies(), domains, None, NOTHING, ()))
    assert found.result == result
