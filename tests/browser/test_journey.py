"""The whole journey in both languages: sign up, log in, write, take back, send, receive, answer, search, administer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.window import Window
from tests.support.node import Node

LANGUAGES = ["en", "zh-CN"]
PASSWORD = "correct horse 42 battery"


def own(language: str, name: str) -> str:
    """A name that only this language's run uses, so that the two runs do not meet."""
    return f"{name}-{language[:2]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_someone_signs_up_and_logs_in(window: Callable[..., Window], language: str) -> None:
    w = window(language).go()
    page = w.page
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.get_by_role("link", name=w("register")).click()
    page.get_by_label(w("name"), exact=True).fill("Clara 克拉拉")
    page.get_by_label(w("local"), exact=True).fill(own(language, "clara"))
    page.get_by_label(w("new"), exact=True).fill(PASSWORD)
    page.get_by_label(w("repeat"), exact=True).fill(PASSWORD)
    expect(page.get_by_text(w("proved"))).to_be_visible(timeout=60_000)
    w.button(w("register")).click()
    expect(page.get_by_text(w("made"))).to_be_visible()
    page.get_by_role("link", name=w("log in")).click()
    w.log_in(f"{own(language, 'clara')}@example.test", PASSWORD)
    assert w.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_taken_back_sent_and_arrives_by_itself(window: Callable[..., Window], language: str) -> None:
    subject = f"计划 plan {language}"
    receiver = window(language).log_in("bo@example.test")
    w = window(language).log_in("anna@example.test")
    composer = w.compose("bo@example.test", subject, "Three words 三个字")
    expect(composer.get_by_text(w.saved)).to_be_visible()
    w.press("Control+Enter")
    expect(composer).to_have_count(0)
    w.button(w("undo"), exact=False).first.click()
    composer = w.page.locator("section.composer")
    expect(composer.get_by_label(w("subject"), exact=True)).to_have_value(subject)
    expect(composer.get_by_label(w("text"), exact=True)).to_contain_text("Three words 三个字")
    composer.get_by_role("button", name=w("send"), exact=True).click()
    expect(w.page.get_by_text(w("sent")).first).to_be_visible()
    # The server holds it for ten seconds; then it stands in bo's list without a reload.
    expect(receiver.row(subject)).to_be_visible()
    receiver.open(subject)
    expect(receiver.mail).to_contain_text("Three words 三个字")
    assert w.complaints == receiver.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_quotes_and_has_one_prefix(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("anna@example.test")
    w.open("关于服务器迁移的时间安排")
    w.button(w("reply")).first.click()
    composer = w.page.locator("section.composer")
    expect(composer.get_by_label(w("subject"), exact=True)).to_have_value("Re: 关于服务器迁移的时间安排")
    expect(composer.locator("blockquote")).to_contain_text("周五晚上十点开始")
    expect(composer.get_by_text("李华").first).to_be_visible()
    assert w.complaints == []


def test_a_file_is_attached_and_kept_with_the_draft(window: Callable[..., Window]) -> None:
    w = window().log_in("anna@example.test")
    composer = w.compose("bo@example.test", "With a file", "see the list")
    composer.locator("input[type=file]").set_input_files(
        {"name": "清单.txt", "mimeType": "text/plain", "buffer": b"one\ntwo\n" * 5000}
    )
    expect(composer.get_by_text("清单.txt")).to_be_visible()
    expect(composer.locator("progress")).to_have_count(0)
    expect(composer.get_by_text(w.saved)).to_be_visible()
    composer.get_by_role("button", name="Close", exact=True).click()
    w.page.get_by_role("link", name=w("drafts")).click()
    w.row("With a file").click()
    expect(w.page.locator("section.composer").get_by_text("清单.txt")).to_be_visible()
    assert w.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_archived_comes_back_by_undo(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("anna@example.test")
    w.row("Photos of the trip").click()
    w.press("e")
    expect(w.row("Photos of the trip")).to_have_count(0)
    expect(w.page.get_by_text(w("archived")).last).to_be_visible()
    w.press("z")
    expect(w.row("Photos of the trip")).to_be_visible()
    w.go("/").page.wait_for_load_state()
    expect(w.row("Photos of the trip")).to_be_visible()
    assert w.complaints == []


@pytest.mark.parametrize(("language", "query"), [("en", "from:bo quarter"), ("zh-CN", "发件人：王小明 周报")])
def test_a_search_finds_and_shows_its_chips(window: Callable[..., Window], language: str, query: str) -> None:
    w = window(language).log_in("anna@example.test")
    box = w.page.get_by_role("combobox", name=w("search"))
    w.press("/")
    expect(box).to_be_focused()
    w.page.keyboard.insert_text(query)
    w.press("Enter")
    expect(w.list.get_by_role("option")).to_have_count(1)
    expect(w.list.locator("mark").first).to_be_visible()
    chip = w.page.locator("form.search button.chip")
    expect(chip).to_have_count(1)
    chip.click()
    expect(box).to_have_value("from:bo quarter" if language == "en" else "from:王小明 周报")
    assert w.complaints == []


def test_a_search_by_the_form(window: Callable[..., Window]) -> None:
    w = window().log_in("anna@example.test")
    w.button("Search options").click()
    form = w.page.get_by_role("dialog")
    form.get_by_label("From", exact=True).fill("王小明")
    form.get_by_label("Has attachments", exact=True).check()
    form.get_by_role("button", name="Search", exact=True).click()
    expect(w.list.get_by_role("option")).to_have_count(1)
    expect(w.page.locator("form.search button.chip")).to_have_count(2)
    assert w.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_adds_a_domain_a_user_and_an_alias(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("admin@example.test")
    page = w.page
    domain = f"{own(language, 'new')}.test"
    w.go("/#/admin/domains")
    w.button(w("add")).click()
    page.get_by_role("dialog").get_by_label(w("domain"), exact=True).fill(domain)
    page.get_by_role("dialog").get_by_role("button", name=w("add"), exact=True).click()
    expect(page.get_by_role("cell", name=domain, exact=True)).to_be_visible()
    page.get_by_role("link", name=w("users"), exact=True).first.click()
    w.button(w("add")).click()
    page.get_by_role("dialog").get_by_role("textbox").first.fill(f"dora@{domain}")
    page.get_by_role("dialog").get_by_label(w("password"), exact=True).fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name=w("add"), exact=True).click()
    expect(page.get_by_role("cell", name=f"dora@{domain}", exact=True)).to_be_visible()
    page.get_by_role("link", name=w("aliases"), exact=True).first.click()
    w.button(w("add")).click()
    page.get_by_role("dialog").get_by_label(w("alias"), exact=True).fill(f"office@{domain}")
    page.get_by_role("dialog").get_by_label(w("goes to"), exact=True).fill(f"dora@{domain}")
    page.get_by_role("dialog").get_by_role("button", name=w("add"), exact=True).click()
    expect(page.get_by_role("cell", name=f"office@{domain}", exact=True)).to_be_visible()
    window(language).log_in(f"dora@{domain}", PASSWORD)
    assert w.complaints == []


def test_a_wish_for_an_address_waits_for_the_administrator(site: Node, window: Callable[..., Window]) -> None:
    site.cli("domain", "add", "slow.test")
    site.cli("domain", "set", "slow.test", "--registration", "approval")
    w = window("zh-CN").go("/#/register")
    w.page.get_by_label(w("local"), exact=True).fill("eva")
    w.page.get_by_label(w("domain"), exact=True).select_option("slow.test")
    w.page.get_by_label(w("new"), exact=True).fill(PASSWORD)
    w.page.get_by_label(w("repeat"), exact=True).fill(PASSWORD)
    w.button(w("register")).click()
    expect(w.page.get_by_text("请等待管理员审核")).to_be_visible(timeout=60_000)
    admin = window("zh-CN").log_in("admin@example.test").go("/#/admin/registrations")
    admin.page.get_by_role("row").filter(has_text="eva@slow.test").get_by_role("button", name="通过").click()
    expect(admin.page.get_by_text("已创建 eva@slow.test").first).to_be_visible()
    window("zh-CN").log_in("eva@slow.test", PASSWORD)
    assert w.complaints == admin.complaints == []


def test_the_menu_of_a_row_changes_and_removes(site: Node, window: Callable[..., Window]) -> None:
    site.add_user("gone@example.test")
    site.cli("alias", "add", "club@example.test", "anna@example.test")
    w = window("en").log_in("admin@example.test").go("/#/admin/aliases")
    dialog, row = w.page.get_by_role("dialog"), w.page.get_by_role("row").filter(has_text="club@example.test")
    w.choose("More actions: club@example.test", "Edit")
    dialog.get_by_label("Goes to", exact=True).fill("bo@example.test")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(row).to_contain_text("bo@example.test")
    w.choose("More actions: club@example.test", "Delete")
    dialog.get_by_role("button", name="Cancel", exact=True).press("Enter")
    expect(w.button("More actions: club@example.test")).to_be_focused()
    w.choose("More actions: club@example.test", "Delete")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    expect(w.heading("Aliases")).to_be_focused()
    w.go("/#/admin/users").choose("More actions: gone@example.test", "Delete")
    expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    dialog.get_by_role("textbox").fill("gone@example.test")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(w.page.get_by_role("row").filter(has_text="gone@example.test")).to_have_count(0)
    assert w.complaints == []
