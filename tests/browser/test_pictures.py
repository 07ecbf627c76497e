"""The pictures that the README shows. ``PICTURES=docs/pictures`` puts them there; else they go where tests write."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.window import Window

WIDE = (1200, 720)
PHONE = (390, 760)


def test_reading_in_english(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("anna@example.test")
    w.open("Spring at the nursery")
    expect(w.mail).to_contain_text("greenhouse")
    w.picture("reading")


def test_reading_in_chinese_and_in_the_dark(window: Callable[..., Window]) -> None:
    w = window("zh-CN", theme="dark", size=WIDE).log_in("anna@example.test")
    w.open("本周周报与发布计划")
    expect(w.page.get_by_text("greenhouse.png")).to_be_visible()
    w.picture("reading-dark-zh")


def test_writing(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("anna@example.test")
    w.open("Numbers of the quarter")
    w.press("r")
    composer = w.page.locator("section.composer")
    expect(composer.locator("blockquote")).to_contain_text("numbers of the quarter")
    w.page.keyboard.type("Thursday is fine. I bring the cake.")
    expect(composer.get_by_text(w.saved)).to_be_visible()
    w.picture("writing")
    composer.get_by_role("button", name="Discard draft").click()


def test_searching(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=WIDE).log_in("anna@example.test")
    w.press("/")
    w.page.keyboard.insert_text("附件:有 周报")
    w.press("Enter")
    expect(w.list.locator("mark").first).to_be_visible()
    w.open("本周周报与发布计划")
    expect(w.mail).to_contain_text("三楼会议室")
    w.picture("search-zh")


def test_on_a_phone(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=PHONE, touch=True).log_in("anna@example.test")
    expect(w.row("本周周报与发布计划")).to_be_visible()
    w.picture("phone-zh")
