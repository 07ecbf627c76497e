"""Who sent a message and who was to get it see what became of it, and why; nobody sees what is another's."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from mailnode.smtpd.reception import Limits
from tests.browser.window import Window
from tests.support import ports
from tests.support.node import Node
from tests.support.smtpd import SmtpdThread

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-CN"])
LETTER = "From: {sender}\r\nTo: {to}\r\nSubject: Minutes 纪要\r\nMessage-ID: <{id}@example.test>\r\n\r\nText.\r\n"
LAPTOP = "laptop"  # no name of a mail server


@dataclass(frozen=True)
class Words:
    title: str
    sent: str
    taken: str
    unknown: str
    bounced: str
    stored: str
    story: str
    more: str
    refused: str
    refused_from: str
    misnamed: str
    gone: str
    value: str
    look: str
    everything: str


WORDS = {
    "en": Words(
        title="History",
        sent="Sent by {}",
        taken="taken by",
        unknown="The address does not exist.",
        bounced="the sender was told that it cannot be delivered",
        stored="put into INBOX",
        story="What happened to this message",
        more="More actions",
        refused="Only what was refused",
        refused_from="Refused a message from far@example.com",
        misnamed="The sending computer does not give its name as mail servers do.",
        gone="This message is not known any more.",
        value="What to look up",
        look="Look up",
        everything="All messages",
    ),
    "zh-CN": Words(
        title="收发记录",
        sent="由 {} 发出",
        taken="接收",
        unknown="该地址不存在",
        bounced="已告知发件人无法投递",
        stored="存入 INBOX",
        story="这封邮件的经过",
        more="更多操作",
        refused="仅被拒收的",
        refused_from="拒收来自 far@example.com 的邮件",
        misnamed="发送方计算机没有像邮件服务器那样报出自己的名称。",
        gone="已没有这封邮件的记录。",
        value="查询内容",
        look="查询",
        everything="全部邮件",
    ),
}


@pytest.fixture(scope="module")
def far(site: Node) -> Iterator[None]:
    """Somebody else's server, to which mail for far.example goes: it knows everybody but nobody@far.example."""
    with SmtpdThread(Limits()) as server:
        site.cli("transport", "set", "*.far.example", "--to", f"smtp://127.0.0.1:{server.port}")
        yield
        site.cli("transport", "remove", "*.far.example")


def users(site: Node, language: str, *names: str) -> list[str]:
    return [site.add_user(f"{name}-{language[:2]}@example.test") for name in names]


def entries(w: Window, text: str) -> Locator:
    return w.page.get_by_role("main").get_by_role("listitem").get_by_role("link").filter(has_text=text)


@LANGUAGES
def test_the_sender_sees_what_arrived_and_what_came_back(
    site: Node, far: None, window: Callable[..., Window], language: str
) -> None:
    words, (sender, friend) = WORDS[language], users(site, language, "sender", "friend")
    domain = f"{language.lower()}.far.example"  # one for each: who was refused for good is not written to again
    to = [f"nobody@{domain}", f"somebody@{domain}", friend]
    letter = LETTER.format(sender=sender, to=", ".join(to), id=f"minutes-{language}")
    site.submit(sender, to, letter.encode())
    ports.until(lambda: _is_sent(site), 120, "not sent")
    site.wait_for(sender)  # the report
    w = window(language).log_in(sender)
    w.go("/#/settings/history")
    sent = entries(w, words.sent.format(sender))
    expect(sent).to_contain_text(words.unknown)
    assert w.violations() == []
    sent.press("Enter")
    expect(w.heading(words.story)).to_be_focused()
    main = w.page.get_by_role("main")
    for told in (words.taken, words.unknown, "No such user", words.bounced, f"minutes-{language}@example.test"):
        expect(main.get_by_text(told).first).to_be_visible()
    expect(main.get_by_text(words.stored).filter(has_text=friend)).to_have_count(0)  # the recipient's own affair
    assert w.violations() == []
    w.page.get_by_role("link", name=words.everything).click()
    expect(sent).to_be_focused()
    sent.press("Enter")
    expect(w.heading(words.story)).to_be_focused()
    w.page.reload()
    expect(w.heading(words.story)).to_be_focused()
    w.page.get_by_role("link", name=words.everything).click()
    expect(w.heading(words.title)).to_be_focused()
    assert w.complaints == []
    _from_the_reader(window(language, theme="dark", size=(390, 800)).log_in(friend), words)


def _is_sent(site: Node) -> bool:
    """Tried again at once, because a new transport counts after some seconds."""
    site.cli("queue", "retry")
    return not site.json("queue", "list")


def _from_the_reader(w: Window, words: Words) -> None:
    """The recipient asks about the open message, on a phone."""
    w.open("Minutes 纪要")
    w.choose(words.more, words.story)
    expect(w.heading(words.story)).to_be_focused()
    main = w.page.get_by_role("main")
    expect(main.get_by_text(words.stored)).to_be_visible()
    expect(main.get_by_text("far.example")).to_have_count(0)  # nobody sees whom else it went to
    assert w.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert w.violations() == []
    w.page.get_by_role("link", name=words.everything).click()
    expect(w.heading(words.title)).to_be_focused()
    w.page.go_back()
    expect(w.heading(words.story)).to_be_focused()
    w.page.go_back()
    expect(w.heading("Minutes 纪要")).to_be_visible()
    assert w.complaints == []


@LANGUAGES
def test_a_recipient_sees_what_was_refused_and_others_do_not(
    site: Node, window: Callable[..., Window], language: str
) -> None:
    words, (wanted, other) = WORDS[language], users(site, language, "wanted", "other")
    with smtplib.SMTP(site.host, site.ports["smtp"], LAPTOP, timeout=60) as client:
        client.ehlo(LAPTOP)
        client.mail("far@example.com")
        assert client.rcpt(wanted)[0] == 504
    ports.until(lambda: site.json("history", "--refused", "--address", wanted), 60, "told")
    w = window(language).log_in(wanted)
    w.go("/#/settings/history")
    w.page.get_by_label(words.refused, exact=True).check()
    entry = entries(w, words.refused_from)
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text(words.misnamed)
    entry.click()
    expect(w.page.get_by_text(LAPTOP).first).to_be_visible()
    assert w.violations() == []
    story = w.page.url.removeprefix(w.base)
    stranger = window(language).log_in(other)
    stranger.go(story)
    expect(stranger.page.get_by_text(words.gone)).to_be_visible()
    assert stranger.violations() == []
    _looked_up(window(language).log_in("admin@example.test"), words, wanted)


def _looked_up(w: Window, words: Words, address: str) -> None:
    """An administrator finds it by the address, and not among their own."""
    w.go("/#/admin/history")
    w.page.get_by_label(words.value, exact=True).fill(address)
    w.button(words.look).click()
    expect(entries(w, words.refused_from)).to_have_count(1)
    expect(entries(w, words.refused_from)).to_contain_text(address)
    assert w.violations() == []
    w.go(w.page.url.removeprefix(w.base).replace("/admin/", "/settings/"))
    expect(w.page.get_by_role("status").filter(has_text=re.compile("known|没有找到"))).to_be_visible()
    expect(entries(w, words.refused_from)).to_have_count(0)
    assert w.complaints == []
