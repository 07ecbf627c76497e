"""The pictures that the README shows. ``PICTURES=docs/pictures`` puts them there; else they go where tests write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window

WIDE = (1120, 680)
PHONE = (390, 760)


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-CN", "light"), ("zh-CN", "dark")])
def test_reading(window: Callable[..., Window], language: str, theme: Literal["light", "dark"]) -> None:
    w = window(language, theme=theme, size=WIDE).log_in("anna@example.test")
    if language == "en":
        w.open("Spring at the nursery")
        expect(w.mail).to_contain_text("greenhouse")
    else:
        w.open("本周周报与发布计划")
        expect(w.page.get_by_text("greenhouse.png")).to_be_visible()
    w.picture(f"mail-{language[:2]}-{theme}")


def test_writing(window: Callable[..., Window]) -> None:
    w = window("en", size=WIDE).log_in("anna@example.test")
    w.open("Numbers of the quarter")
    w.press("r")
    composer = w.page.locator("section.composer")
    expect(composer.locator("blockquote")).to_contain_text("numbers of the quarter")
    w.page.keyboard.type("Thursday is fine. I bring the cake.")
    expect(composer.get_by_text(w.saved)).to_be_visible()
    w.picture("compose-en-light")
    composer.get_by_role("button", name="Discard draft").click()
    expect(composer).to_have_count(0)


def test_on_a_phone(window: Callable[..., Window]) -> None:
    w = window("zh-CN", size=PHONE, touch=True).log_in("anna@example.test")
    expect(w.row("本周周报与发布计划")).to_be_visible()
    w.picture("phone-zh-light")
