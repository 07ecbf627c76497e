"""Reports about a domain, as others send them: found in their messages, unpacked within bounds, read."""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.message import dmarc_report, report_files, tls_report
from mailnode.message.dmarc_report import Row
from mailnode.message.tls_report import Failure

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata><org_name>Receiver Inc</org_name><email>reports@receiver.example</email>
    <report_id>r-1</report_id><date_range><begin>1767225600</begin><end>1767311999</end></date_range></report_metadata>
  <policy_published><domain>Example.com</domain><p>quarantine</p></policy_published>
  <record><row><source_ip>192.0.2.1</source_ip><count>12</count>
      <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><header_from>example.com</header_from></identifiers>
    <auth_results><dkim><domain>example.com</domain><result>pass</result></dkim>
      <dkim><domain>other.example</domain><result>fail</result></dkim>
      <spf><domain>bounce.example</domain><result>softfail</result></spf></auth_results></record>
  <record><row><source_ip>2001:db8::1</source_ip><count>1</count>
      <policy_evaluated><disposition>quarantine</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><header_from>sub.example.com</header_from></identifiers>
    <auth_results><spf><domain>Evil.example</domain><result>pass</result></spf></auth_results></record>
</feedback>"""

TLS: dict[str, Any] = {
    "organization-name": "Sender Ltd",
    "date-range": {"start-datetime": "2026-01-01T00:00:00Z", "end-datetime": "2026-01-01T23:59:59Z"},
    "contact-info": "tls@sender.example",
    "report-id": "t-1",
    "policies": [
        {
            "policy": {"policy-type": "sts", "policy-domain": "Example.com"},
            "summary": {"total-successful-session-count": 5, "total-failure-session-count": 2},
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "receiving-mx-hostname": "mx.example.com",
                    "sending-mta-ip": "192.0.2.9",
                    "failed-session-count": 2,
                }
            ],
        }
    ],
}


def message(data: bytes, kind: str, name: str) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["Subject"] = "Report Domain: example.com"
    made.set_content("This is a report.")
    main, _, sub = kind.partition("/")
    made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()


def zipped(data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("report.xml", data)
    return out.getvalue()


def test_what_others_saw_of_a_domain() -> None:
    found = dmarc_report.read(XML)
    assert (found.organisation, found.report_id, found.domain, found.policy) == (
        "Receiver Inc",
        "r-1",
        "example.com",
        "quarantine",
    )
    assert (found.begin, found.end) == (1767225600, 1767311999)
    assert found.rows == (
        Row("192.0.2.1", 12, "none", "pass", "fail", "example.com", ("example.com",), ""),
        Row("2001:db8::1", 1, "quarantine", "fail", "fail", "sub.example.com", (), "evil.example"),
    )


def test_how_others_fared_with_tls() -> None:
    found = tls_report.read(json.dumps(TLS).encode())
    assert (found.begin, found.end, found.report_id) == (1767225600, 1767311999, "t-1")
    (policy,) = found.policies
    assert (policy.kind, policy.domain, policy.successes, policy.failed) == ("sts", "example.com", 5, 2)
    assert policy.failures == (Failure("certificate-expired", "mx.example.com", "192.0.2.9", 2),)


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (gzip.compress(XML), "application/gzip", "a!example.com!1!2.xml.gz"),
        (gzip.compress(XML), "application/octet-stream", "a.xml.gz"),
        (zipped(XML), "application/zip", "a.zip"),
        (zipped(XML, zipfile.ZIP_STORED), "application/zip", "a.zip"),
        (XML, "text/xml", "a.xml"),
        (b"\xef\xbb\xbf" + XML, "application/xml", "a.xml"),
    ],
)
def test_a_report_is_found_however_it_is_packed(data: bytes, kind: str, name: str) -> None:
    (found,) = report_files.files(message(data, kind, name))
    assert found.kind == "dmarc"
    assert dmarc_report.read(found.data).report_id == "r-1"


def test_a_tls_report_is_found() -> None:
    data = gzip.compress(json.dumps(TLS).encode())
    (found,) = report_files.files(message(data, "application/tlsrpt+gzip", "a.json.gz"))
    assert found.kind == "tls"


def test_a_picture_is_no_report() -> None:
    assert list(report_files.files(message(b"\x89PNG", "image/png", "a.png"))) == []


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_bomb_is_refused(pack: Any) -> None:
    bomb = pack(b"<feedback>" + b" " * (report_files.MAX_FILE + 1))
    with pytest.raises(ProtocolError, match="larger than"):
        list(report_files.files(message(bomb, "application/gzip", "a.gz")))


def test_a_zip_by_another_method_is_refused() -> None:
    spoiled = bytearray(zipped(XML, zipfile.ZIP_LZMA))
    spoiled[42] ^= 0xFF
    with pytest.raises(ProtocolError):
        list(report_files.files(message(bytes(spoiled), "application/zip", "a.zip")))


@given(st.binary(max_size=60))
def test_any_zip_is_read_or_refused(data: bytes) -> None:
    try:
        list(report_files.files(message(b"PK\x03\x04" + data, "application/zip", "a.zip")))
    except ProtocolError:
        pass


def test_what_no_report_has_is_not_remembered() -> None:
    strange = b"".join(b"<a%d>%b</a%d>" % (n, b"x" * 250, n) for n in range(5000))
    data = XML.replace(b"<version>", strange + b"<version>")
    tracemalloc.start()
    try:
        dmarc_report.read(data)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(strange)  # expat itself remembers the names
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data",
    [
        XML.replace(b"<end>1767311999", b"<end>999999999999"),
        XML.replace(b"<count>12", b"<count>999999999999"),
        XML.replace(b"<feedback", b'<!DOCTYPE a [<!ENTITY b "c">]><feedback', 1),
        b"<a>" * (dmarc_report.MAX_DEPTH + 1) + b"</a>" * (dmarc_report.MAX_DEPTH + 1),
        XML.replace(b"192.0.2.1", b"nowhere"),
        XML.replace(b"<count>12", b"<count>-12"),
        XML.replace(b"<report_id>r-1</report_id>", b""),
        b"<feedback>",
        b"",
    ],
)
def test_what_is_no_report_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        dmarc_report.read(data)


@pytest.mark.parametrize(
    "change",
    [
        {"policies": []},
        {"policies": [{"policy": {}}]},
        {"report-id": None},
        {"date-range": {"start-datetime": "today"}},
        {"date-range": TLS["date-range"] | {"end-datetime": "9999-12-31T23:59:59-12:00"}},
        {"policies": [{"policy": {"policy-domain": "a.example"}, "summary": {"total-successful-session-count": -1}}]},
    ],
)
def test_what_is_no_report_about_tls_is_said_to_be_none(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        tls_report.read(json.dumps(TLS | change).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_way(data: bytes) -> None:
    for read in (dmarc_report.read, tls_report.read):
        with pytest.raises(ProtocolError):
            read(data)


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=len(XML)))
def test_a_spoiled_report_is_read_or_refused(data: bytes, at: int) -> None:
    try:
        dmarc_report.read(XML[:at] + data + XML[at:])
    except ProtocolError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_a_report_about_tls_with_any_value_is_read_or_refused(data: st.DataObject) -> None:
    spoiled = json.loads(json.dumps(TLS))
    places: list[tuple[Any, Any]] = [(spoiled, name) for name in spoiled]
    for one in (spoiled["date-range"], policy := spoiled["policies"][0], policy["policy"], policy["summary"]):
        places += [(one, name) for name in one]
    places += [(policy["failure-details"][0], name) for name in policy["failure-details"][0]]
    for container, name in data.draw(st.lists(st.sampled_from(places), max_size=3)):
        container[name] = data.draw(JSON)
    try:
        read = tls_report.read(json.dumps(spoiled).encode())
    except ProtocolError:
        return
    assert all(isinstance(one, str) for one in (read.organisation, read.contact, read.report_id))


def test_a_long_name_costs_its_length_once_and_not_with_each_element_in_it() -> None:
    data = b"<feedback><" + b"n" * (8 << 20) + b">" + b"<a/>" * 100_000
    begun = time.process_time()
    with pytest.raises(ProtocolError):
        dmarc_report.read(data)
    assert time.process_time() - begun < 20  # else minutes
