"""One browser window on the web client, driven as people do it: by labels, keys and what is on the screen."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.browser.words import WORDS
from tests.support.node import PASSWORD, ROOT

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What Chromium says while DOMPurify looks at a mail's own styles under the application's policy: nothing was applied.
PICTURES = ROOT / os.environ.get("PICTURES", "tests/output/pictures")
LARGEST = 150_000  # bytes
HARMLESS = re.compile(r"Applying inline style|Applying inline event handler|Executing inline event handler|Refused to")


class Window:
    """``page`` is Playwright's; ``complaints`` holds what the browser's console found wrong."""

    def __init__(
        self,
        browser: Browser,
        base: str,
        language: str,
        *,
        theme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = (1360, 850),
        touch: bool = False,
    ) -> None:
        self.base, self.language, self.words, self.theme = base, language, WORDS[language], theme
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if language == "zh-CN" else "en-US",
            color_scheme=theme,
            has_touch=touch,
            timezone_id="Asia/Shanghai",
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not HARMLESS.search(message.text):
            self.complaints.append(message.text)

    def close(self) -> None:
        self.context.close()

    def __call__(self, word: str) -> str:
        """The word of the interface in the language of this window."""
        return self.words[word]

    def go(self, route: str = "/") -> Window:
        self.page.goto(self.base + route)
        return self

    def log_in(self, address: str, password: str = PASSWORD) -> Window:
        self.go()
        self.page.get_by_label(self("address"), exact=True).fill(address)
        self.page.get_by_label(self("password"), exact=True).fill(password)
        self.page.get_by_role("button", name=self("log in"), exact=True).click()
        expect(self.heading(self("inbox"))).to_be_visible()
        return self

    def heading(self, text: str) -> Locator:
        return self.page.get_by_role("heading", name=text, exact=True)

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("listbox", name=self("list"), exact=True)

    def row(self, text: str) -> Locator:
        return self.list.get_by_role("option").filter(has_text=text)

    def open(self, text: str) -> None:
        """Open the message whose row holds this text; its subject must stand above it."""
        self.row(text).first.click()
        expect(self.page.get_by_role("heading", level=1).filter(has_text=text).last).to_be_visible()

    @property
    def mail(self) -> Any:
        """What stands inside the reader's frame."""
        return self.page.frame_locator("iframe").locator("body")

    def button(self, name: str, **more: Any) -> Locator:
        return self.page.get_by_role("button", name=name, **{"exact": True, **more})

    def toast(self, text: str) -> Locator:
        """The newest note at the foot of the window that says this; the same words for screen readers are another."""
        return self.page.locator(".toast").filter(has_text=text).last

    def choose(self, menu: str, item: str) -> None:
        self.button(menu).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def compose(self, to: str, subject: str, text: str) -> Locator:
        """Fill in a new message; its composer."""
        self.button(self("compose")).first.click()
        composer = self.page.locator("section.composer").last
        composer.get_by_label(self("to"), exact=True).fill(f"{to},")
        composer.get_by_label(self("subject"), exact=True).fill(subject)
        composer.get_by_label(self("text"), exact=True).click()
        self.page.keyboard.type(text)
        return composer

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_at_once(self, *keys: str) -> None:
        """Keys that must follow each other closely, which a busy machine may not manage from outside."""
        self.page.evaluate(
            "(keys) => keys.forEach((key) => (document.activeElement ?? document.body)"
            ".dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })))",
            [*keys],
        )

    @property
    def saved(self) -> re.Pattern[str]:
        """What a composer says of a draft that the server has."""
        return re.compile(rf"^{self('saved')} \d\d:\d\d$")

    def picture(self, name: str) -> None:
        """Keep what is on the screen, once everything on it stands still."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path)
        assert path.stat().st_size < LARGEST

    def violations(self) -> list[str]:
        """What axe finds wrong by WCAG 2.2 AA on the screen as it is now, and with its colours in the other theme."""
        found = self._axe(RULES)
        self._colours("dark" if self.theme == "light" else "light")
        found += self._axe({"type": "rule", "values": ["color-contrast"]})
        self._colours(self.theme)
        return found

    def _colours(self, theme: Literal["light", "dark"]) -> None:
        self.page.emulate_media(color_scheme=theme)
        self.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def _axe(self, rules: object) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # Transitions must have ended: half-way colours have no contrast to speak of.
        self.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
        found = self.page.evaluate(
            """async (rules) => {
                const result = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
                const told = (node) => `${node.html} ${node.failureSummary}`;
                return result.violations.map((one) => [one.id, one.nodes.map(told)]);
            }""",
            rules,
        )
        return [json.dumps(one, ensure_ascii=False) for one in found]
