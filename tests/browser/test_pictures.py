"""The pictures that the README shows. ``PICTURES=docs/pictures`` puts them there; else they go where tests write."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.node import ROOT

FOLDER = ROOT / os.environ.get("PICTURES", "tests/output/pictures")
WIDE = (1200, 720)
PHONE = (390, 760)
LARGEST = 150_000  # bytes


def save(w: Window, name: str) -> None:
    """One picture, once everything on it stands still."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    w.page.evaluate("document.fonts.ready")
    w.page.wait_for_timeout(400)
    path: Path = FOLDER / f"{name}.png"
    w.page.screenshot(path=path)
    assert path.stat().st_size < LARGEST


def test_reading_in_english(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("anna@example.test")
    w.open("Spring at the nursery")
    expect(w.mail).to_contain_text("greenhouse")
    save(w, "reading")


def test_reading_in_chinese_and_in_the_dark(window: Callable[..., Window]) -> None:
    w = window("zh-CN", theme="dark", size=WIDE).log_in("anna@example.test")
    w.open("本周周报与发布计划")
    expect(w.page.get_by_text("greenhouse.png")).to_be_visible()
    save(w, "reading-dark-zh")


def test_writing(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("anna@example.test")
    w.open("Numbers of the quarter")
    w.press("r")
    composer = w.page.locator("section.composer")
    expect(composer.locator("blockquote")).to_contain_text("numbers of the quarter")
    w.page.keyboard.type("Thursday is fine. I bring the cake.")
    expect(composer.get_by_text(w("saved"))).to_be_visible()
    save(w, "writing")
    composer.get_by_role("button", name="Discard draft").click()


def test_searching(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=WIDE).log_in("anna@example.test")
    w.press("/")
    w.page.keyboard.insert_text("附件:有 周报")
    w.press("Enter")
    expect(w.list.locator("mark").first).to_be_visible()
    w.open("本周周报与发布计划")
    expect(w.mail).to_contain_text("三楼会议室")
    save(w, "search-zh")


def test_on_a_phone(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=PHONE, touch=True).log_in("anna@example.test")
    expect(w.row("本周周报与发布计划")).to_be_visible()
    save(w, "phone-zh")


def test_dns_check(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("admin@example.test")
    w.go("/#/admin/dns/example.test")
    expect(w.page.get_by_role("listitem").first).to_be_visible(timeout=60_000)
    expect(w.button("Check again")).to_be_enabled(timeout=60_000)
    save(w, "dns")
