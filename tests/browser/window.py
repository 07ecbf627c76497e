"""One browser window on the web client, driven as people do it: by labels, keys and what is on the screen."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.support.node import PASSWORD, ROOT

AXE = (ROOT / "frontend/node_modules/axe-core/axe.min.js").read_text
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What Chromium says while DOMPurify looks at a mail's own styles under the application's policy: nothing was applied.
HARMLESS = re.compile(r"Applying inline style|Applying inline event handler|Executing inline event handler|Refused to")

WORDS = {
    "en": {
        "address": "Email address", "password": "Password", "log in": "Log in", "list": "Messages", "compose": "Compose",
        "to": "To", "subject": "Subject", "text": "Text of the message", "send": "Send", "sent": "Message sent",
        "undo": "Undo", "inbox": "Inbox", "archive": "Archive", "reply": "Reply", "search": "Search mail",
        "starred": "Starred", "saved": "Saved", "register": "Create an address", "local": "Address", "new": "New password",
        "repeat": "Repeat the password", "proved": "Checked: no robot", "made": "is yours", "add": "Add", "domains": "Domains",
        "users": "Users", "aliases": "Aliases", "registrations": "Registrations", "queue": "Queue", "settings": "Settings",
        "pictures": "Show pictures", "blocked": "blocked", "drafts": "Drafts", "alias": "Alias", "goes to": "Goes to",
        "domain": "Domain", "name": "Your name", "attach": "Attach files", "keyboard": "Keyboard", "to me": "To me",
        "archived": "1 message archived", "trash": "Trash", "move": "Move to…",
    },
    "zh-CN": {
        "address": "邮箱地址", "password": "密码", "log in": "登录", "list": "邮件", "compose": "写邮件",
        "to": "收件人", "subject": "主题", "text": "邮件正文", "send": "发送", "sent": "邮件已发送",
        "undo": "撤销", "inbox": "收件箱", "archive": "归档", "reply": "回复", "search": "搜索邮件",
        "starred": "星标邮件", "saved": "已保存", "register": "注册邮箱", "local": "邮箱名", "new": "新密码",
        "repeat": "再次输入密码", "proved": "已确认不是机器人", "made": "注册成功", "add": "添加", "domains": "域名",
        "users": "用户", "aliases": "别名", "registrations": "注册申请", "queue": "邮件队列", "settings": "设置",
        "pictures": "显示图片", "blocked": "已拦截", "drafts": "草稿箱", "alias": "别名", "goes to": "转到",
        "domain": "域名", "name": "姓名", "attach": "添加附件", "keyboard": "键盘快捷键", "to me": "收件人：我",
        "archived": "已归档 1 封邮件", "trash": "已删除", "move": "移动到…",
    },
}  # fmt: skip


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
        self.base, self.language, self.words = base, language, WORDS[language]
        self.complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if language == "zh-CN" else "en-US",
            color_scheme=theme,
            has_touch=touch,
            timezone_id="Asia/Shanghai",
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
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

    def violations(self) -> list[str]:
        """What axe finds wrong by WCAG 2.2 AA on the screen as it is now."""
        self.page.evaluate(AXE())
        # Transitions must have ended: half-way colours have no contrast to speak of.
        self.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
        found = self.page.evaluate(
            "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then((result) => result.violations.map((one) => [one.id, one.nodes.map((node) => node.html + ' ' + node.failureSummary)]))",
            RULES,
        )
        return [json.dumps(one, ensure_ascii=False) for one in found]
