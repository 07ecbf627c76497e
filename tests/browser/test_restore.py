"""Mail that was deleted for good is brought back by its owner, after a look at what would change."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support import ports
from tests.support.node import Node

ZONE = ZoneInfo("Asia/Shanghai")  # of the window


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_was_deleted_for_good_comes_back(site: Node, window: Callable[..., Window], language: str) -> None:
    user = site.add_user(f"careless-{language[:2]}@example.test".lower())
    subject = f"Contract 合同 {language}"
    with site.imap(user) as client:
        client.append("INBOX", "", "", f"From: bo@example.test\r\nSubject: {subject}\r\n\r\nx\r\n".encode())
        there = int(time.time()) + 1
        ports.until(lambda: time.time() > there + 1)
        client.select("INBOX")
        client.store("1", "+FLAGS", r"\Deleted")
        client.expunge()
    w = window(language).log_in(user)
    expect(w.row(subject)).to_have_count(0)
    w.go("/#/settings")
    w.page.get_by_label(w("as it was"), exact=True).fill(
        datetime.fromtimestamp(there, ZONE).strftime("%Y-%m-%dT%H:%M:%S")
    )
    w.button(w("look")).click()
    expect(w.page.get_by_text(w("comes back"))).to_be_visible()
    expect(w.page.get_by_text(subject)).to_be_visible()
    assert w.violations() == []
    w.button(w("put back")).click()
    expect(w.page.get_by_text(w("is as it was")).first).to_be_visible()
    w.go("/#/mail")
    expect(w.row(subject)).to_be_visible()
    assert w.complaints == []
