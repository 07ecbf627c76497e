"""How our connections to others went with TLS, page by page."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from mailnode.reports import tls_finding
from mailnode.reports.models import TlsResult
from tests.support.store import Store

DAY = 20_000  # 2024-10-04


def count(tx: Session, day: int, domain: str, result: str = "", host: str = "mx.test", sessions: int = 1) -> None:
    tx.add(
        TlsResult(
            day=day,
            domain=domain,
            kind="sts",
            result=result,
            host=host,
            address="192.0.2.1",
            lines="version: STSv1\nmode: enforce",
            reason="It has expired" if result else "",
            sessions=sessions,
        )
    )


def test_one_day_of_one_host(store: Store) -> None:
    with store.write() as tx:
        count(tx, DAY, "a.test", "certificate-expired", sessions=3)
    with store.read() as tx:
        [one] = tls_finding.results(tx)
    assert (one.date, one.place.domain, one.place.result, one.sessions) == (
        date(2024, 10, 4), "a.test", "certificate-expired", 3,
    )  # fmt: skip
    assert (one.lines, one.reason) == (("version: STSv1", "mode: enforce"), "It has expired")


def test_pages_go_from_the_newest_day_and_leave_nothing_out(store: Store) -> None:
    with store.write() as tx:
        for day in (DAY, DAY + 1):
            for domain in ("b.test", "a.test"):
                for host in ("mx2.test", "mx1.test"):
                    count(tx, day, domain, host=host)
    with store.read() as tx:
        everything = tls_finding.results(tx)
        pages, after = [], None
        while page := tls_finding.results(tx, after=after, limit=3):
            pages += page
            after = page[-1].place
    assert pages == everything
    assert [(one.place.day - DAY, one.place.domain[0], one.place.host[2]) for one in everything] == [
        (1, "a", "1"), (1, "a", "2"), (1, "b", "1"), (1, "b", "2"),
        (0, "a", "1"), (0, "a", "2"), (0, "b", "1"), (0, "b", "2"),
    ]  # fmt: skip


def test_of_one_domain_or_only_what_failed(store: Store) -> None:
    with store.write() as tx:
        count(tx, DAY, "a.test")
        count(tx, DAY, "a.test", "certificate-expired")
        count(tx, DAY, "b.test")
    with store.read() as tx:
        assert len(tls_finding.results(tx, domain="A.test")) == 2
        assert [one.place.result for one in tls_finding.results(tx, failed=True)] == ["certificate-expired"]
