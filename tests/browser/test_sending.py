"""A user whose sending is on hold sees why, and an administrator releases it by one click."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.node import Node


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_sending_on_hold_is_explained_and_released(site: Node, window: Callable[..., Window], language: str) -> None:
    site.cli("queue", "freeze", "--user", "bo@example.test", "--reason", "looked odd")
    user = window(language).log_in("bo@example.test")
    user.go("/#/settings")
    expect(user.page.get_by_text(user("sending on hold"))).to_be_visible()
    expect(user.page.get_by_text("looked odd")).to_be_visible()
    assert user.violations() == []
    w = window(language).log_in("admin@example.test")
    w.go("/#/admin/sending")
    w.page.get_by_role("button", name=f"{w('release')}: bo@example.test").click()
    expect(w.page.get_by_text(w("nothing on hold"))).to_be_visible()
    assert w.complaints == user.complaints == []
