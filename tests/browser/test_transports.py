"""Administrators say by which host mail for a domain leaves."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.node import Node

WORDS = {
    "en": {"pattern": "Mail for", "host": "Leaves through", "port": "Port", "delete": "Delete", "more": "More actions"},
    "zh-CN": {"pattern": "邮件目的域", "host": "经由主机", "port": "端口", "delete": "删除", "more": "更多操作"},
}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_transport_is_made_and_removed(site: Node, window: Callable[..., Window], language: str) -> None:
    w, words = window(language).log_in("admin@example.test"), WORDS[language]
    w.go("/#/admin/transports").button(w("add")).click()
    dialog = w.page.get_by_role("dialog")
    dialog.get_by_label(words["pattern"], exact=True).fill("far.example")
    dialog.get_by_label(words["host"], exact=True).fill("relay.example")
    dialog.get_by_label(words["port"], exact=True).fill("2525")
    assert w.violations() == []
    dialog.get_by_label(words["port"], exact=True).press("Enter")
    expect(w.page.get_by_role("cell", name="relay.example:2525")).to_be_visible()
    w.button(w("add")).click()
    dialog.get_by_label(words["pattern"], exact=True).fill("FAR.example")
    dialog.get_by_label(words["host"], exact=True).fill("other.example")
    dialog.get_by_label(words["host"], exact=True).press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()  # what is there is not overwritten
    assert w.violations() == []
    w.complaints.clear()  # the browser's own, about the status of the refusal
    w.press("Escape")
    [made] = json.loads(site.cli("transport", "list", "--json"))
    assert (made["pattern"], made["host"], made["port"]) == ("far.example", "relay.example", 2525)
    w.choose(f"{words['more']}: far.example", words["delete"])
    dialog.get_by_role("button", name=words["delete"], exact=True).click()
    expect(w.page.get_by_role("cell", name="relay.example:2525")).to_have_count(0)
    assert json.loads(site.cli("transport", "list", "--json")) == []
    assert w.complaints == []
