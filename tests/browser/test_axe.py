"""WCAG 2.2 AA by axe: every screen, light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window

PHONE = (390, 800)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_log_in_and_sign_up(window: Callable[..., Window], language: str) -> None:
    w = window(language).go()
    expect(w.button(w("log in"))).to_be_visible()
    assert w.violations() == []
    w.go("/#/register")
    expect(w.page.get_by_label(w("repeat"), exact=True)).to_be_visible()
    assert w.violations() == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_mail(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("anna@example.test")
    expect(w.row("Numbers of the quarter")).to_be_visible()
    assert w.violations() == [], "list"
    w.open("本周周报与发布计划")
    expect(w.mail).to_contain_text("三楼会议室")
    assert w.violations() == [], "message with attachments"
    w.open("Spring at the nursery")
    expect(w.button(w("pictures"))).to_be_visible()
    assert w.violations() == [], "newsletter"
    w.press_at_once("*", "a")
    assert w.violations() == [], "selection"
    w.press("v")
    expect(w.page.get_by_role("dialog")).to_be_visible()
    assert w.violations() == [], "picker"
    w.press("Escape", "?")
    expect(w.page.get_by_role("dialog", name=w("keyboard"))).to_be_visible()
    assert w.violations() == [], "keys"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_compose_search_and_settings(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("anna@example.test")
    composer = w.compose("bo@example.test, nobody", "x", "text")
    expect(composer.locator(".chip")).to_have_count(2)
    assert w.violations() == [], "composer"
    composer.get_by_role("button", name="舍弃草稿" if language == "zh-CN" else "Discard draft").click()
    w.go("/#/search/from%3Abo%20quarter")
    expect(w.list.locator("mark").first).to_be_visible()
    assert w.violations() == [], "search"
    w.go("/#/search/nothinglikethis")
    expect(w.list).to_have_count(0)
    assert w.violations() == [], "nothing found"
    w.go("/#/settings")
    expect(w.page.get_by_role("heading", level=1).first).to_be_visible()
    assert w.violations() == [], "settings"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_administration(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("admin@example.test")
    for section in ("domains", "users", "aliases", "registrations", "queue", "transports", "quarantine", "sending"):
        w.go(f"/#/admin/{section}")
        expect(w.heading(w(section))).to_be_visible()
        expect(w.page.get_by_role("cell").first).to_be_visible()
        assert w.violations() == [], section
    w.go("/#/admin/history")
    expect(w.page.get_by_role("main").get_by_role("search")).to_be_visible()
    assert w.violations() == [], "history"
    w.go("/#/admin/dns/example.test")
    expect(w.page.locator("main li").first).to_be_visible(timeout=60_000)
    assert w.violations() == [], "dns"
    w.go("/#/admin/users")
    w.button(w("add")).click()
    expect(w.page.get_by_role("dialog")).to_be_visible()
    assert w.violations() == [], "a new user"


def test_phone(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=PHONE, touch=True).log_in("anna@example.test")
    expect(w.row("Numbers of the quarter")).to_be_visible()
    assert w.violations() == [], "list"
    w.page.get_by_role("button", name="邮箱夹").click()
    assert w.violations() == [], "drawer"
    w.page.get_by_role("link", name="收件箱").first.click()
    w.open("本周周报与发布计划")
    expect(w.mail).to_contain_text("三楼会议室")
    assert w.violations() == [], "message"
    w.button("返回").click()
    w.button(w("compose")).last.click()
    expect(w.page.locator("section.composer")).to_be_visible()
    assert w.violations() == [], "composer"


@pytest.mark.parametrize("size", [(320, 640), (360, 740), (390, 800), (820, 1100), (1360, 850)])
def test_nothing_is_wider_than_the_window(window: Callable[..., Window], size: tuple[int, int]) -> None:
    w = window("en", size=size, touch=size[0] < 760).log_in("anna@example.test")
    w.open("Spring at the nursery")
    assert w.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for button in w.page.locator("[role=toolbar] button:visible").all():
        box = button.bounding_box()
        assert box
        assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0], button
