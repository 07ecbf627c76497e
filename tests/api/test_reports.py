"""Reports about a domain in the hands of those who look after it."""

from __future__ import annotations

import json
import time

import pytest

from mailnode.directory import edit
from mailnode.message import dmarc_report, tls_report
from mailnode.reports import intake
from tests.support.site import Site
from tests.unit.message.test_reports import TLS, XML

NOW = int(time.time())


@pytest.fixture
def domain(site: Site) -> str:
    name = "example.test"
    xml = XML.replace(b"Example.com", name.encode()).replace(b"1767311999", b"%d" % NOW)
    sent = tls_report.read(json.dumps(TLS).replace("Example.com", name).encode())
    with site.store.write() as tx:
        found = [dmarc_report.read(xml.replace(b"r-1", b"r-%d" % number)) for number in range(3)]
        for report in (*found, sent):
            ours = intake.about(report, name)
            assert ours is not None
            intake.keep(tx, edit.domain(tx, name).id, ours)
    return name


def test_they_are_paged_newest_first(site: Site, domain: str) -> None:
    first = site.root.get(f"domains/{domain}/reports/dmarc?limit=2").json
    second = site.root.get(f"domains/{domain}/reports/dmarc?limit=2&cursor={first['next']}").json
    assert [one["report_id"] for one in first["items"] + second["items"]] == ["r-2", "r-1", "r-0"]
    assert second["next"] is None


def test_one_is_shown_row_by_row(site: Site, domain: str) -> None:
    (listed,) = site.root.get(f"domains/{domain}/reports/tls").json["items"]
    assert (listed["passed"], listed["failed"]) == (5, 2)
    one = site.root.get(f"domains/{domain}/reports/{listed['id']}").json
    assert [row["result"] for row in one["tls"]] == ["", "certificate-expired"]
    assert one["dmarc"] == []


def test_sums_are_drawn_by_day(site: Site, domain: str) -> None:
    found = site.root.get(f"domains/{domain}/reports/dmarc/summary?days=2").json
    assert [(one["passed"], one["failed"]) for one in found["days"]] == [(36, 3)]
    assert found["sources"][0] == {"name": "192.0.2.1", "detail": "example.com", "passed": 36, "failed": 0}


def test_who_looks_after_another_domain_sees_nothing(site: Site, domain: str) -> None:
    assert site.anna.get(f"domains/{domain}/reports/dmarc").status_code == 403
    assert site.root.get(f"domains/{domain}/reports/999999").json["type"] == "/problems/no-such-report"


@pytest.mark.parametrize("wrong", ["dmarc?cursor=x", "dmarc?limit=0", "dmarc/summary?days=0"])
def test_a_bad_question_is_said_to_be_one(site: Site, domain: str, wrong: str) -> None:
    assert site.root.get(f"domains/{domain}/reports/{wrong}").status_code == 422
