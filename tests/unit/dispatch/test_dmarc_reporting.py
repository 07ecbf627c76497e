"""Reports about DMARC go out once a day to who asks and, elsewhere, agrees; with a real bind9."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pytest
import uvloop

from mailnode.directory import edit
from mailnode.dispatch.dmarc_reporting import DmarcReporting
from mailnode.message import dmarc_report
from mailnode.offload import Offload
from mailnode.queue import edit as queue
from mailnode.reports import dmarc_seen
from mailnode.reports.dmarc_seen import Seen
from mailnode.resolver import Resolver
from mailnode.store import bodies
from tests.support import ports
from tests.support.bind9 import Named
from tests.support.store import Store
from tests.unit.relay.zone import ZONE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
YESTERDAY = int(NOW.timestamp() // 86_400) - 1
PLACES = "mailto:d@asks.test,mailto:d@agreed.test,mailto:d@other.test,https://asks.test/x"
SEEN = Seen("192.0.2.1", "asks.test", "asks.test", "reject", "reject", False, False, (), "asks.test", "fail")


@pytest.fixture(scope="module")
def dns() -> Iterator[Named]:
    zones = {
        "test": ZONE,
        "asks.test": ZONE + f'_dmarc TXT "v=DMARC1; p=reject; rua={PLACES}"\n',
        "agreed.test": ZONE + 'asks.test._report._dmarc TXT "v=DMARC1"\n',
        "other.test": ZONE,
        "a-evil.test": ZONE + '_dmarc TXT "v=DMARC1; p=reject; rua=mailto://[x@a-evil.test"\n',
        "silent.test": ZONE + '_dmarc TXT "v=DMARC1; p=reject"\n',
    }
    with Named(zones) as server:
        yield server


def reported(store: Store, nameserver: str, *domains: str) -> list[Message]:
    """The reports after two rounds, when something was seen of these domains yesterday."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        dmarc_seen.add(tx, Counter({(YESTERDAY, domain, SEEN): 3 for domain in domains}))

    async def go(offload: Offload) -> None:
        resolver = Resolver([nameserver], timeout=5, lifetime=10)
        for _ in range(2):
            await DmarcReporting("mail.example.com", offload, resolver).round(NOW)

    offload = Offload(store.engine)
    try:
        uvloop.run(go(offload))
    finally:
        offload.close()
    with store.read() as tx:
        return [message_from_bytes(bodies.read(tx, queue.show(tx, row.id).blob_id)) for row in queue.rows(tx)]


def test_who_asks_and_who_agrees_gets_the_report_once(dns: Named, store: Store) -> None:
    found = reported(store, dns.address, "a-evil.test", "asks.test", "silent.test")
    assert sorted(one["To"] for one in found) == ["d@agreed.test", "d@asks.test"]
    assert found[0]["From"] == "postmaster@example.com"
    assert found[0]["Subject"].split("\n")[0].startswith("Report Domain: asks.test Submitter: mail.example.com")
    _, attached = found[0].get_payload()
    assert attached.get_content_type() == "application/gzip"
    assert attached.get_filename() == "mail.example.com!asks.test!1795478400!1795564799.xml.gz"
    report = dmarc_report.read(gzip.decompress(attached.get_payload(decode=True)))
    assert (report.domain, report.rows[0].count) == ("asks.test", 3)


def test_without_an_answer_of_the_dns_the_report_waits(sqlite_store: Store) -> None:
    with ports.refusing() as port:
        assert reported(sqlite_store, f"127.0.0.1:{port}", "asks.test") == []
    with sqlite_store.read() as tx:
        assert dmarc_seen.domains(tx, YESTERDAY) == ["asks.test"]
