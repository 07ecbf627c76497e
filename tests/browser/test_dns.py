"""The DNS page against a real name server whose zone lacks a record and has another one wrong."""

from __future__ import annotations

import gzip
import re
import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.bind9 import Named
from tests.support.node import Node, running
from tests.unit.message.test_reports import XML, message


@pytest.fixture(scope="module")
def site(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node whose own zone is served without SPF and with a DMARC record that says nothing."""
    node = Node(tmp_path_factory.mktemp("dns"), name="mail.example.test").init("example.test")
    node.add_user("admin@example.test", "--admin")
    zone = node.cli("dns", "zone", "example.test")
    lines = [re.sub(r"v=DMARC1[^\"]*", "v=DMARC1", line) for line in zone.splitlines() if "v=spf1" not in line]
    with Named({"example.test": "\n".join(lines) + "\n"}) as named:
        node.environment["MAILNODE_NAMESERVERS"] = named.address
        with running(node):
            yield node


def test_each_record_has_its_verdict_and_can_be_copied(window: Callable[..., Window]) -> None:
    w = window("en", size=(1200, 720)).log_in("admin@example.test")
    w.context.grant_permissions(["clipboard-read", "clipboard-write"])
    w.go("/#/admin/domains").page.get_by_role("link", name="Check DNS").click()
    items = w.page.get_by_role("main").get_by_role("listitem")
    mx = items.filter(has_text="Incoming mail (MX)")
    expect(mx.get_by_text("Right", exact=True)).to_be_visible(timeout=60_000)
    expect(items.filter(has_text="Who may send (SPF)").get_by_text("Missing", exact=True)).to_be_visible()
    expect(items.filter(has_text="Policy (DMARC)").get_by_text("Wrong", exact=True)).to_be_visible()
    mx.get_by_role("button", name="Copy the value of example.test").click()
    assert w.page.evaluate("navigator.clipboard.readText()") == "10 mail.example.test."
    w.picture("dns-en-light")
    assert w.complaints == []
    assert w.violations() == []


def test_the_same_in_chinese(window: Callable[..., Window]) -> None:
    w = window("zh-CN").log_in("admin@example.test")
    w.go("/#/admin/dns/example.test")
    item = w.page.get_by_role("main").get_by_role("listitem").filter(has_text="允许的发件服务器 (SPF)")
    expect(item.get_by_text("缺少", exact=True)).to_be_visible(timeout=60_000)
    expect(item.get_by_text("请为 example.test 添加 TXT 记录：")).to_be_visible()
    assert w.complaints == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_others_report_is_drawn_by_day(window: Callable[..., Window], site: Node, language: str) -> None:
    """A report comes by SMTP, as others send it, and the index process reads it."""
    xml = XML.replace(b"Example.com", b"example.test").replace(b"1767311999", b"%d" % time.time())
    with smtplib.SMTP("127.0.0.1", site.ports["smtp"], timeout=30) as smtp:
        report = message(gzip.compress(xml), "application/gzip", "a.xml.gz")
        smtp.sendmail("reports@example.test", ["dmarc-reports@example.test"], report)
    w = window(language, size=(1200, 720)).log_in("admin@example.test")
    chart = w.page.get_by_role("main").get_by_role("img")
    for _ in range(30):
        w.go("/#/admin/domains").go("/#/admin/reports/example.test")
        expect(w.page.get_by_text("Receiver Inc").or_(w.page.locator("main li.hint")).first).to_be_visible()
        if chart.count():
            break
        w.page.wait_for_timeout(2000)
    expect(chart).to_be_visible()
    expect(w.page.get_by_role("cell", name="192.0.2.1")).to_be_visible()
    w.picture(f"reports-{language}")
    assert w.violations() == []


@pytest.mark.parametrize(
    ("language", "rotate", "signature", "missing"),
    [("en", "New DKIM keys", "Signature (DKIM)", "Missing"), ("zh-CN", "更换 DKIM 密钥", "(DKIM)", "缺少")],
)
def test_new_dkim_keys_are_made_and_their_records_asked_for(
    window: Callable[..., Window], language: str, rotate: str, signature: str, missing: str
) -> None:
    w = window(language).log_in("admin@example.test")
    w.go("/#/admin/dns/example.test")
    items = w.page.get_by_role("main").get_by_role("listitem").filter(has_text=signature)
    expect(items.first).to_be_visible(timeout=60_000)
    w.button(rotate).click()
    w.page.get_by_role("dialog").get_by_role("button", name=rotate, exact=True).click()
    expect(items).to_have_count(4)  # two that sign, and two that wait for the DNS
    expect(items.get_by_text(missing, exact=True)).to_have_count(2)
    assert w.violations() == []
    assert w.complaints == []
