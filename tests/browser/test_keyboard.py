"""Everything by keys alone, also while the focus is inside the mail, and never while somebody types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.window import Window


@pytest.fixture
def w(window: Callable[..., Window]) -> Window:
    opened = window().log_in("anna@example.test")
    expect(opened.list.get_by_role("option")).to_have_count(9)
    return opened


def test_walk_open_and_back(w: Window) -> None:
    w.press("j", "j", "o")
    expect(w.page.get_by_role("heading", level=1, name="本周周报与发布计划")).to_be_visible()
    w.press("j")
    expect(w.page.get_by_role("heading", level=1, name="下周团建报名")).to_be_visible()
    w.press("u")
    expect(w.page.get_by_text("No message open")).to_be_visible()
    expect(w.list).to_be_focused()


def test_keys_work_inside_the_mail(w: Window) -> None:
    w.open("Numbers of the quarter")
    w.mail.click()
    w.press("j")
    expect(w.page.get_by_role("heading", level=1, name="本周周报与发布计划")).to_be_visible()


def test_star_read_and_unread(w: Window) -> None:
    w.press("j", "s")
    row = w.row("Numbers of the quarter")
    expect(row).to_contain_text("Starred")
    w.press("s")
    expect(row).not_to_contain_text("Starred")
    w.press("Shift+i")
    expect(row).not_to_contain_text("Unread")
    w.press("Shift+u")
    expect(row).to_contain_text("Unread")


def test_the_last_key_wins_when_an_earlier_one_is_slow(w: Window) -> None:
    asked: list[Route] = []
    w.page.route("**/messages/actions", lambda route: route.fallback() if asked else asked.append(route))
    w.press("j", "s")
    row = w.row("Numbers of the quarter")
    expect(row).to_contain_text("Starred")
    w.press("s", "Shift+i")
    expect(row).not_to_contain_text("Unread")
    with w.page.expect_response(lambda response: "Seen" in (response.request.post_data or "")):
        asked[0].continue_()
    w.page.reload()
    expect(w.row("Numbers of the quarter")).not_to_contain_text("Unread")
    expect(w.row("Numbers of the quarter")).not_to_contain_text("Starred")


def test_select_and_move(w: Window) -> None:
    w.press("j", "x", "j", "x")
    expect(w.page.get_by_text("2 selected").first).to_be_visible()
    w.press("v")
    expect(w.page.get_by_role("dialog")).to_be_visible()
    w.page.keyboard.type("2026")
    w.press("Enter")
    expect(w.list.get_by_role("option")).to_have_count(7)
    expect(w.page.get_by_text("2 messages moved to Work/2026").last).to_be_visible()
    w.press("z")
    expect(w.list.get_by_role("option")).to_have_count(9)
    assert w.complaints == []


@pytest.mark.parametrize(
    ("keys", "title"), [(("g", "d"), "Drafts"), (("g", "t"), "Sent"), (("g", "s"), "Starred"), (("g", "i"), "Inbox")]
)
def test_go_to(w: Window, keys: tuple[str, str], title: str) -> None:
    w.press_at_once(*keys)
    expect(w.heading(title)).to_be_visible()


def test_typing_and_input_methods_are_left_alone(w: Window) -> None:
    w.press("/")
    w.page.keyboard.type("e#!zc")
    expect(w.page.get_by_role("combobox", name="Search mail")).to_have_value("e#!zc")
    w.press("Escape")
    w.page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'e', isComposing: true, bubbles: true}))"
    )
    w.press("Control+e")
    expect(w.list.get_by_role("option")).to_have_count(9)
    expect(w.page.locator("section.composer")).to_have_count(0)


def set_single_keys(w: Window, on: bool) -> None:
    """Return once the server has it: the note that says so may still be that of the time before."""
    w.go("/#/settings")
    with w.page.expect_response(lambda response: response.request.method == "PATCH"):
        w.page.get_by_role("checkbox", name="j, k, e").set_checked(on)
    expect(w.page.get_by_text("Saved", exact=True).last).to_be_visible()


def test_single_keys_can_be_switched_off(w: Window) -> None:
    set_single_keys(w, False)
    w.go("/#/mail")
    expect(w.list.get_by_role("option")).to_have_count(9)
    w.press("c")
    w.page.wait_for_timeout(300)
    expect(w.page.locator("section.composer")).to_have_count(0)
    set_single_keys(w, True)


def test_the_sheet_lists_the_keys_and_gives_the_focus_back(w: Window) -> None:
    w.page.get_by_role("button", name="Refresh").focus()
    w.press("?")
    expect(w.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    w.press("Escape")
    expect(w.page.get_by_role("dialog")).to_have_count(0)
    expect(w.page.get_by_role("button", name="Refresh")).to_be_focused()


def test_a_menu_by_arrows(w: Window) -> None:
    w.page.get_by_role("button", name="Signed in as").click()
    expect(w.page.get_by_role("menuitem", name="Settings")).to_be_focused()
    w.press("ArrowDown")
    expect(w.page.get_by_role("menuitem", name="Keyboard")).to_be_focused()
    w.press("Escape")
    expect(w.page.get_by_role("button", name="Signed in as")).to_be_focused()


def test_the_splitter_moves_by_arrows(w: Window) -> None:
    splitter = w.page.get_by_role("separator", name="Width of the list")
    splitter.focus()
    before = int(splitter.get_attribute("aria-valuenow") or 0)
    w.press("ArrowRight")
    expect(splitter).to_have_attribute("aria-valuenow", str(before + 16))
