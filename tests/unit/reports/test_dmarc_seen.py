"""What is counted for the reports to other domains, and what a report of ours says, as our own reader has it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from mailnode.message import dmarc_report
from mailnode.message.dmarc_report import Row
from mailnode.reports import dmarc_seen
from mailnode.reports.dmarc_report_of import DmarcReportOf
from mailnode.reports.dmarc_seen import DAY, Seen
from mailnode.senderauth import dmarc_record
from mailnode.senderauth.check import Verdict, check
from tests.support.signatures import LETTER, published, signed
from tests.support.store import Store
from tests.support.zones import Zones

TODAY = 20_000
ASKING = b"v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:d@example.test"
FAILED = Seen("192.0.2.1", "example.test", "x.test", "reject", "reject", False, False, (), "x.test", "none")
PASSED = Seen(
    "2001:db8::1", "example.test", "", "pass", "reject", True, False, (("example.test", "s", "pass"),), "", ""
)


def judged(raw: bytes, policy: bytes = ASKING, sender: str = "a@example.test") -> Verdict:
    zones: Zones = published()
    zones.names["example.test"] = {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}
    zones.names["_dmarc.example.test"] = {"TXT": [policy.decode()]}
    return asyncio.run(
        check(zones, "192.0.2.1", "mx.example.test", sender, raw, 1_700_000_000, authserv_id="m.test", seconds=60)
    )


def test_a_message_that_passes() -> None:
    assert dmarc_seen.seen(judged(signed()), "192.0.2.1", "example.test", "none") == (
        "example.test",
        Seen(
            "192.0.2.1",
            "example.test",
            "example.test",
            "pass",
            "reject",
            True,
            True,
            (("example.test", "s", "pass"),),
            "example.test",
            "pass",
        ),
    )


def test_a_message_that_fails() -> None:
    found = dmarc_seen.seen(judged(LETTER, sender="a@x.test"), "192.0.2.1", "x.test", "quarantine")
    assert found is not None
    one = found[1]
    assert (one.disposition, one.wanted, one.dkim, one.spf) == ("quarantine", "reject", False, False)
    assert (one.spf_domain, one.spf_result) == ("x.test", "none")


@pytest.mark.parametrize("policy", [b"v=DMARC1; p=reject", b"v=spf1"], ids=["asks for no reports", "no policy"])
def test_nobody_wants_to_hear_of_it(policy: bytes) -> None:
    assert dmarc_seen.seen(judged(signed(), policy), "192.0.2.1", "example.test", "none") is None


def test_counts_are_added_and_taken_once(store: Store) -> None:
    for count in (1, 2):
        with store.write() as tx:
            dmarc_seen.add(tx, Counter({(TODAY, "example.test", FAILED): count, (TODAY, "x.test", PASSED): 1}))
    with store.write() as tx:
        assert dmarc_seen.domains(tx, TODAY) == ["example.test", "x.test"]
        assert dmarc_seen.take(tx, "example.test", TODAY) == [(FAILED, 3)]
        assert dmarc_seen.take(tx, "example.test", TODAY) == []
        assert dmarc_seen.take(tx, "x.test", TODAY) == [(PASSED, 2)]


def test_what_could_not_be_told_is_forgotten(store: Store) -> None:
    with store.write() as tx:
        dmarc_seen.add(tx, Counter({(TODAY, "example.test", FAILED): 1}))
        dmarc_seen.forget(tx, TODAY + dmarc_seen.KEPT_DAYS)
        assert dmarc_seen.domains(tx, TODAY) == ["example.test"]
        dmarc_seen.forget(tx, TODAY + dmarc_seen.KEPT_DAYS + 1)
        assert dmarc_seen.domains(tx, TODAY) == []


def report(*rows: tuple[Seen, int]) -> DmarcReportOf:
    policy = dmarc_record.read(ASKING)
    return DmarcReportOf("mail.example.com", "postmaster@example.com", "example.test", policy, TODAY, rows)


def test_our_own_reader_reads_it() -> None:
    found = dmarc_report.read(report((FAILED, 3), (PASSED, 1)).document())
    assert (found.organisation, found.contact) == ("mail.example.com", "postmaster@example.com")
    assert (found.begin, found.end) == (TODAY * DAY, (TODAY + 1) * DAY - 1)
    assert (found.domain, found.policy) == ("example.test", "reject")
    assert found.rows == (
        Row("192.0.2.1", 3, "reject", "fail", "fail", "example.test", (), ""),
        Row("2001:db8::1", 1, found.rows[1].disposition, "pass", "fail", "example.test", ("example.test",), ""),
    )


def test_the_policy_is_quoted_with_what_it_leaves_out() -> None:
    said = report().document()
    assert b"<p>reject</p><sp>quarantine</sp><np>quarantine</np><adkim>s</adkim><aspf>r</aspf>" in said


def test_a_decision_of_our_own_is_said_to_be_one() -> None:
    other = Seen("192.0.2.1", "a.test", "", "none", "reject", False, False, (), "", "")
    assert b"<reason><type>local_policy</type></reason>" in report((other, 1)).document()
    assert b"<reason>" not in report((FAILED, 1), (PASSED, 1)).document()


def test_what_a_stranger_wrote_cannot_break_the_document() -> None:
    hostile = Seen(
        "192.0.2.1", "a.test", "<&\x00\ud800]]>", "none", "none", False, False, (("</x>", "&", "fail"),), "<", "none"
    )
    assert dmarc_report.read(report((hostile, 1)).document()).rows[0].count == 1
