"""Reports about TLS: what is counted, what the report says, and to whom it goes."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pytest
import uvloop

from mailnode.directory import edit
from mailnode.offload import Offload
from mailnode.queue import edit as queue
from mailnode.queue.outcome import TlsLevel
from mailnode.relay import tls_results
from mailnode.relay.demand import NONE, STS, Demand
from mailnode.relay.https import Https
from mailnode.relay.tls_report import TlsReportOf, mail_address, places
from mailnode.relay.tls_reporting import Reporting
from mailnode.relay.tls_tally import Counted, Tally
from mailnode.resolver import Resolver
from mailnode.store import bodies
from tests.support.authority import Authority
from tests.support.bind9 import Named
from tests.support.https import TextServer
from tests.support.store import Store
from tests.unit.relay.zone import ZONE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = int(NOW.timestamp() // 86_400)
POLICY = ("version: STSv1", "mode: enforce", "mx: mx.asks.test", "max_age: 1")
ENFORCED = Demand(TlsLevel.STS, tls=True, kind=STS, lines=POLICY)


def counted(domain: str, *, failures: int = 1) -> Counter[Counted]:
    tally = Tally(clock=lambda: NOW.timestamp() - 86_400)
    for _ in range(3):
        tally.add(domain, f"mx.{domain}", "192.0.2.1", ENFORCED)
    for _ in range(failures):
        tally.add(domain, f"mx.{domain}", "192.0.2.1", ENFORCED, "certificate-expired", "It has expired")
    return tally.take()


def test_counts_of_several_processes_are_added(store: Store) -> None:
    for _ in range(2):
        with store.write() as tx:
            tls_results.add(tx, counted("asks.test"))
    with store.read() as tx:
        found = tls_results.results(tx, "asks.test", DAY - 1)
    [((kind, text), rows)] = found.items()
    assert (kind, tuple(text.split("\n"))) == (STS, POLICY)
    assert [(one.result, number) for one, number in rows] == [("", 6), ("certificate-expired", 2)]


def test_a_domain_is_told_once(store: Store) -> None:
    with store.write() as tx:
        tls_results.add(tx, counted("asks.test"))
        assert tls_results.domains(tx, DAY - 1) == ["asks.test"]
        tls_results.told(tx, "asks.test", DAY - 1)
        assert tls_results.domains(tx, DAY - 1) == []
        tls_results.forget(tx, DAY + 40)
        assert not tls_results.results(tx, "asks.test", DAY - 1)


def test_what_is_counted_is_bounded_and_literals_are_left_out() -> None:
    tally = Tally()
    tally.add("[192.0.2.1]", "[192.0.2.1]", "192.0.2.1", NONE)
    for number in range(10_010):
        tally.add(f"{number}.test", "mx.test", "192.0.2.1", NONE)
    assert len(tally.take()) == 10_000
    assert not tally.take()


def test_the_document(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        tls_results.add(tx, counted("asks.test"))
        results = tls_results.results(tx, "asks.test", DAY - 1)
    day = datetime(2026, 11, 24, tzinfo=UTC)
    report = TlsReportOf("mail.example.com", "postmaster@example.com", "asks.test", day, results)
    assert report.document() == {
        "organization-name": "mail.example.com",
        "date-range": {"start-datetime": "2026-11-24T00:00:00Z", "end-datetime": "2026-11-24T23:59:59Z"},
        "contact-info": "postmaster@example.com",
        "report-id": "20261124.asks.test@mail.example.com",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": list(POLICY),
                    "policy-domain": "asks.test",
                    "mx-host": ["mx.asks.test"],
                },
                "summary": {"total-successful-session-count": 3, "total-failure-session-count": 1},
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "receiving-mx-hostname": "mx.asks.test",
                        "receiving-ip": "192.0.2.1",
                        "failed-session-count": 1,
                        "failure-reason-code": "It has expired",
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([b"v=TLSRPTv1; rua=mailto:a@b.test"], ("mailto:a@b.test",)),
        ([b"v=TLSRPTv1;rua=mailto:a@b.test, https://b.test/x;"], ("mailto:a@b.test", "https://b.test/x")),
        ([b"v=TLSRPTv1; rua=ftp://b.test/"], ()),
        ([b"v=TLSRPTv1; rua=mailto:a@b.test", b"v=TLSRPTv1; rua=mailto:c@b.test"], ()),
        ([b"v=spf1 -all"], ()),
        ([b"v=TLSRPTv1;"], ()),
    ],
)
def test_who_asks(records: list[bytes], found: tuple[str, ...]) -> None:
    assert places(records) == found


def test_an_address_of_a_url() -> None:
    assert mail_address("mailto:tls%2Breports@b.test?subject=x") == "tls+reports@b.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def dns() -> Iterator[Named]:
    record = '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@asks.test,https://mx.asks.test/reports?x=y"\n'
    evil = '_smtp._tls TXT "v=TLSRPTv1; rua=https://[x"\n'
    with Named({"asks.test": ZONE + record, "silent.test": ZONE, "a-evil.test": ZONE + evil}) as server:
        yield server


def test_a_report_goes_out_once_to_who_asks(dns: Named, authority: Authority, sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        edit.create_domain(tx, "example.com")
        tls_results.add(tx, counted("a-evil.test") + counted("asks.test") + counted("silent.test"))

    async def go(offload: Offload) -> list[str]:
        async with TextServer(authority.server("mx.asks.test"), "", "HTTP/1.1 201 Created") as web:
            resolver = Resolver([dns.address])
            https = Https(resolver, authority.trusting(), web.port)
            reporting = Reporting("mail.example.com", offload, resolver, https)
            await reporting.round(NOW)
            await reporting.round(NOW)
            return web.requests

    offload = Offload(sqlite_store.engine)
    try:
        [posted] = uvloop.run(go(offload))
    finally:
        offload.close()
    assert posted.startswith("POST /reports?x=y HTTP/1.1\r\nHost: mx.asks.test\r\n")
    message = the_one_message(sqlite_store)
    assert (message["From"], message["To"], message["TLS-Required"]) == (
        "postmaster@example.com",
        "tls@asks.test",
        "No",
    )
    assert (message["TLS-Report-Domain"], message.get_param("report-type")) == ("asks.test", "tlsrpt")
    _, report = message.get_payload()
    assert report.get_content_type() == "application/tlsrpt+gzip"
    assert report.get_filename() == "mail.example.com!asks.test!1795478400!1795564799.json.gz"
    document = json.loads(gzip.decompress(report.get_payload(decode=True)))
    assert document["policies"][0]["summary"]["total-failure-session-count"] == 1


def the_one_message(store: Store) -> Message:
    with store.read() as tx:
        [row] = queue.rows(tx)
        assert [one.address for one in row.recipients] == ["tls@asks.test"]
        return message_from_bytes(bodies.read(tx, queue.show(tx, row.id).blob_id))
