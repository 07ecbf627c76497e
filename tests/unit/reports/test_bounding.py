"""Of a report with very many rows the largest are kept one by one, and the sums stay what they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailnode.message.dmarc_report import DmarcReport, Row
from mailnode.message.tls_report import Failure, PolicyResult, TlsReport
from mailnode.reports import bounding
from mailnode.reports.bounding import bounded_dmarc, bounded_tls


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounding, "MOST_ROWS", 2)


def dmarc(*rows: Row) -> DmarcReport:
    return DmarcReport("Receiver", "", "r-1", 1, 2, "example.com", "none", rows)


def row(client: str, count: int, spf: str = "pass") -> Row:
    return Row(client, count, "none", "fail", spf, "example.com", (), "")


def tls(*policies: PolicyResult) -> TlsReport:
    return TlsReport("Receiver", "", "r-1", 1, 2, policies)


def failure(count: int) -> Failure:
    return Failure("certificate-expired", f"mx{count}.example.com", "192.0.2.1", count)


def test_the_smallest_rows_are_summed_up_by_how_they_were_judged() -> None:
    rows = row("192.0.2.1", 5), row("192.0.2.2", 1), row("192.0.2.3", 7), row("192.0.2.4", 2), row("::1", 3, "fail")
    others = row("", 3), row("", 3, "fail")
    assert bounded_dmarc(dmarc(*rows)).rows == (rows[0], rows[2], *(replace(one, author_domain="") for one in others))


def test_what_is_no_longer_than_that_stays_as_it_is() -> None:
    report = dmarc(row("192.0.2.1", 5), row("192.0.2.2", 1))
    assert bounded_dmarc(report) is report


def test_failures_that_are_left_out_stay_in_their_policys_sum() -> None:
    first = PolicyResult("sts", "example.com", 9, 3, (failure(1), failure(2)))
    second = PolicyResult("tlsa", "example.com", 0, 0, (failure(5), failure(4)))
    assert bounded_tls(tls(first, second)).policies == (
        replace(first, failures=()),
        replace(second, failed=9),
    )
