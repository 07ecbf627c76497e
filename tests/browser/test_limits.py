"""Administrators say what may be sent, and a user sees what the junk filter has learned and lets it begin anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.node import Node

WORDS = {
    "en": {"limits": "Sending limits", "hour": "Messages an hour", "saved": "Limits saved", "together": "All of them"},
    "zh-CN": {"limits": "发信限额", "hour": "每小时邮件数", "saved": "限额已保存", "together": "全体用户合计"},
}
FILTER = {
    "en": {"title": "Junk filter", "put": "Put into Junk", "forget": "Begin anew"},
    "zh-CN": {"title": "垃圾邮件过滤器", "put": "放入垃圾箱的", "forget": "重新开始"},
}


def open_limits(w: Window, page: str, whose: str) -> None:
    w.go("/#/admin/aliases").go(f"/#/admin/{page}")
    more = "更多操作" if w.language == "zh-CN" else "More actions"
    w.choose(f"{more}: {whose}", WORDS[w.language]["limits"])
    expect(w.page.get_by_role("dialog").get_by_role("textbox").first).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_user_s_limit_is_set_and_taken_back(window: Callable[..., Window], language: str) -> None:
    w, words = window(language).log_in("admin@example.test"), WORDS[language]
    for written in ("7", ""):
        open_limits(w, "users", "bo@example.test")
        field = w.page.get_by_role("dialog").get_by_label(words["hour"], exact=True)
        assert w.violations() == []
        field.fill(written)
        field.press("Enter")
        expect(w.page.get_by_role("dialog")).to_have_count(0)  # the note may still be that of the time before
        expect(w.toast(words["saved"])).to_be_visible()
        open_limits(w, "users", "bo@example.test")
        expect(w.page.get_by_role("dialog").get_by_label(words["hour"], exact=True)).to_have_value(written)
    assert w.complaints == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_domain_s_limits_are_for_each_and_for_all(window: Callable[..., Window], language: str) -> None:
    w, words = window(language).log_in("admin@example.test"), WORDS[language]
    open_limits(w, "domains", "example.test")
    fields = w.page.get_by_role("dialog").get_by_label(words["hour"], exact=True)
    expect(w.page.get_by_role("dialog").get_by_text(words["together"])).to_be_visible()
    expect(fields).to_have_count(2)
    fields.last.fill("many")
    fields.last.press("Enter")
    expect(fields.last).to_have_attribute("aria-invalid", "true")
    fields.last.fill("1000")
    fields.last.press("Enter")
    expect(w.toast(words["saved"])).to_be_visible()
    open_limits(w, "domains", "example.test")
    expect(w.page.get_by_role("dialog").get_by_label(words["hour"], exact=True).last).to_have_value("1000")
    assert w.complaints == []


@pytest.mark.parametrize(("language", "user"), [("en", "bo@example.test"), ("zh-CN", "anna@example.test")])
def test_the_junk_filter_says_what_it_knows_and_forgets_it(
    site: Node, window: Callable[..., Window], language: str, user: str
) -> None:
    with site.imap(user) as imap:
        imap.append("INBOX", None, None, b"Subject: Win\r\n\r\nMillions wait for you\r\n")  # type: ignore[arg-type]
        imap.select("INBOX")
        imap.uid("MOVE", "*", "Junk")
    w, words = window(language).log_in(user), FILTER[language]
    forget = w.button(words["forget"])
    for _ in range(30):
        w.go("/#/mail").go("/#/settings")
        expect(w.page.get_by_text(words["put"])).to_be_visible()
        if forget.count():
            break
        w.page.wait_for_timeout(2000)
    assert w.violations() == []
    forget.click()
    w.page.get_by_role("dialog").get_by_role("button", name=words["forget"], exact=True).click()
    expect(forget).to_have_count(0)
    expect(w.heading(words["title"])).to_be_focused()
    assert w.complaints == []
