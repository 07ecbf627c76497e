"""Reports about our domains: delivered, read, kept once, summed up, forgotten."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailnode.delivery.deliver import Mail, check, deliver_all
from mailnode.directory import edit
from mailnode.errors import NoSuchReport
from mailnode.message import tls_report
from mailnode.message.tls_report import TlsReport
from mailnode.node import reporter
from mailnode.offload import Offload
from mailnode.queue.envelope import Recipient
from mailnode.queue.outcome import Deferred, Delivered, Ending
from mailnode.reports import bounding, finding, intake
from mailnode.reports.finding import Day, Source
from mailnode.reports.models import DmarcRow, DomainReport, WaitingReport
from tests.support.store import Store
from tests.unit.message.test_reports import TLS, XML, message

NOW = datetime(2026, 1, 2, tzinfo=UTC)
END = 1767311999  # of the report


@pytest.fixture
def domain_id(store: Store) -> int:
    with store.write() as tx:
        return edit.create_domain(tx, "example.com").id


def send(store: Store, address: str, raw: bytes) -> Ending:
    mail = Mail.of("reporter@receiver.example", raw)
    with store.write() as tx:
        return deliver_all(tx, mail, [Recipient(address)], NOW)[0]


def read(store: Store) -> None:
    async def work() -> None:
        offload, idle = Offload(store.engine), ThreadPoolExecutor(1)
        try:
            while await reporter.read_some(offload, idle):
                pass
        finally:
            offload.close()
            idle.shutdown()

    asyncio.run(work())


def dmarc(xml: bytes = XML) -> bytes:
    return message(gzip.compress(xml), "application/gzip", "a.xml.gz")


def tls() -> bytes:
    return message(gzip.compress(json.dumps(TLS).encode()), "application/tlsrpt+gzip", "a.json.gz")


def count(tx: Session, what: type[DomainReport | WaitingReport | DmarcRow]) -> int:
    return tx.scalar(select(func.count()).select_from(what)) or 0


def test_a_report_about_dmarc_is_shown(store: Store, domain_id: int) -> None:
    assert isinstance(send(store, "dmarc-reports@example.com", dmarc()), Delivered)
    read(store)
    with store.read() as tx:
        (listed,) = finding.reports(tx, [domain_id], "dmarc")
        assert (listed.organisation, listed.passed, listed.failed) == ("Receiver Inc", 12, 1)
        _, rows = finding.report(tx, domain_id, listed.id)
        assert [row.client for row in rows] == ["192.0.2.1", "2001:db8::1"]
        assert finding.days(tx, domain_id, "dmarc", 0) == [Day(END // 86_400 * 86_400, 12, 1)]
        assert finding.sources(tx, domain_id, "dmarc", 0) == [
            Source("192.0.2.1", "example.com", 12, 0),
            Source("2001:db8::1", "sub.example.com", 0, 1),
        ]
        assert count(tx, WaitingReport) == 0


def test_a_report_about_tls_is_shown(store: Store, domain_id: int) -> None:
    send(store, "tls-reports@example.com", tls())
    read(store)
    with store.read() as tx:
        (listed,) = finding.reports(tx, [domain_id], "tls")
        assert (listed.policy, listed.passed, listed.failed) == ("sts", 5, 2)
        failed = [one for one in finding.sources(tx, domain_id, "tls", 0) if one.failed]
        assert failed == [Source("certificate-expired", "mx.example.com", 0, 2)]


def test_a_report_that_comes_twice_is_kept_once(store: Store, domain_id: int) -> None:
    for _ in range(2):
        send(store, "dmarc-reports@example.com", dmarc())
    read(store)
    with store.read() as tx:
        assert count(tx, DomainReport) == 1
        assert finding.days(tx, domain_id, "dmarc", 0)[0].passed == 12


@pytest.mark.parametrize(
    "raw", [b"Subject: hello\r\n\r\nno report\r\n", dmarc(XML.replace(b"Example.com", b"other.example"))]
)
def test_what_is_no_report_of_ours_is_not_kept(store: Store, domain_id: int, raw: bytes) -> None:
    assert isinstance(send(store, "dmarc-reports@example.com", raw), Delivered)
    read(store)
    with store.read() as tx:
        assert (count(tx, DomainReport), count(tx, WaitingReport)) == (0, 0)


def test_another_domains_report_is_not_shown(store: Store, domain_id: int) -> None:
    send(store, "dmarc-reports@example.com", dmarc())
    read(store)
    with store.write() as tx:
        other = edit.create_domain(tx, "other.example").id
        (listed,) = finding.reports(tx, [domain_id], "dmarc")
        assert finding.reports(tx, [other], "dmarc") == []
        with pytest.raises(NoSuchReport):
            finding.report(tx, other, listed.id)


def test_the_address_is_known_before_anything_is_sent(store: Store, domain_id: int) -> None:
    with store.read() as tx:
        assert isinstance(check(tx, "dmarc-reports@example.com"), Delivered)


def test_more_than_can_be_read_comes_later(store: Store, domain_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 1)
    assert isinstance(send(store, "dmarc-reports@example.com", dmarc()), Delivered)
    assert send(store, "dmarc-reports@example.com", tls()) == Deferred(
        "4.3.1", "Too many reports about this domain wait to be read"
    )
    read(store)
    monkeypatch.setattr(intake, "MOST_OCTETS", 100)
    assert isinstance(send(store, "tls-reports@example.com", tls()), Deferred)


def test_names_as_long_as_they_may_be_are_kept(store: Store, domain_id: int) -> None:
    """An index has room for both; PostgreSQL's takes 2,704 octets."""
    letters = random.Random(1)
    long = ["".join(chr(letters.randrange(0x20000, 0x2A000)) for _ in range(600)).encode() for _ in range(2)]
    send(store, "dmarc-reports@example.com", dmarc(XML.replace(b"Receiver Inc", long[0]).replace(b"r-1", long[1])))
    read(store)
    with store.read() as tx:
        assert count(tx, DomainReport) == 1


def test_an_address_with_a_zone_is_the_address(store: Store, domain_id: int) -> None:
    send(store, "dmarc-reports@example.com", dmarc(XML.replace(b"2001:db8::1", b"fe80::1%" + b"x" * 200)))
    read(store)
    with store.read() as tx:
        assert "fe80::1" in [one.name for one in finding.sources(tx, domain_id, "dmarc", 0)]


def test_what_cannot_be_kept_keeps_nothing_else_from_being_read(
    store: Store, domain_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (b"r-1", b"r-2"):
        send(store, "dmarc-reports@example.com", dmarc(XML.replace(b"r-1", name)))
    keep = intake._keep

    def fails_once(tx: Session, *arguments: Any) -> None:
        monkeypatch.setattr(intake, "_keep", keep)
        raise ValueError("the database does not take it")

    monkeypatch.setattr(intake, "_keep", fails_once)
    read(store)
    with store.read() as tx:
        assert (count(tx, DomainReport), count(tx, WaitingReport)) == (1, 0)


def test_a_user_of_that_name_comes_first(store: Store, domain_id: int) -> None:
    with store.write() as tx:
        edit.create_user(tx, "dmarc-reports@example.com", password_hash="$argon2id$x")
    send(store, "dmarc-reports@example.com", dmarc())
    with store.read() as tx:
        assert count(tx, WaitingReport) == 0


def test_old_reports_are_forgotten(store: Store, domain_id: int) -> None:
    send(store, "dmarc-reports@example.com", dmarc())
    read(store)
    with store.write() as tx:
        tx.execute(update(DomainReport).values(received_at=1))

    async def work() -> None:
        offload = Offload(store.engine)
        try:
            await reporter.forget(offload)
        finally:
            offload.close()

    asyncio.run(work())
    with store.read() as tx:
        assert count(tx, DomainReport) == 0


def test_a_report_of_many_rows_is_kept_and_forgotten_in_small_steps(
    store: Store, domain_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounding, "MOST_ROWS", 5)
    monkeypatch.setattr(intake, "ROWS_PRUNED", 2)
    record = XML[XML.index(b"<record>") : XML.index(b"</record>") + len(b"</record>")]
    more = b"".join(record.replace(b"192.0.2.1", b"192.0.2.%d" % number) for number in range(2, 22))
    send(store, "dmarc-reports@example.com", dmarc(XML.replace(record, record + more)))
    read(store)
    with store.write() as tx:
        (listed,) = finding.reports(tx, [domain_id], "dmarc")
        assert (listed.passed, listed.failed) == (12 * 21, 1)
        assert sum(row.client == "" for row in finding.report(tx, domain_id, listed.id)[1]) == 2
        rows = count(tx, DmarcRow)
        assert rows == 7
        assert intake.forget(tx, 1 << 40)
        assert count(tx, DmarcRow) == rows - 2
        while intake.forget(tx, 1 << 40):
            pass
        assert (count(tx, DomainReport), count(tx, DmarcRow)) == (0, 0)


def test_what_others_say_of_other_domains_takes_no_ones_place(store: Store, domain_id: int) -> None:
    mine, other = TLS["policies"][0], json.loads(json.dumps(TLS["policies"][0]).replace("Example.com", "other.example"))
    report = tls_report.read(json.dumps({**TLS, "policies": [other, mine]}).encode())
    ours = intake.about(report, "example.com")
    assert isinstance(ours, TlsReport)
    assert [one.domain for one in ours.policies] == ["example.com"]


def test_reports_come_page_by_page(store: Store, domain_id: int) -> None:
    for number in range(3):
        send(store, "dmarc-reports@example.com", dmarc(XML.replace(b"r-1", b"r-%d" % number)))
    read(store)
    with store.read() as tx:
        first = finding.reports(tx, [domain_id], "dmarc", limit=2)
        rest = finding.reports(tx, [domain_id], "dmarc", before=(first[-1].end, first[-1].id))
        assert [one.report_id for one in (*first, *rest)] == ["r-2", "r-1", "r-0"]
