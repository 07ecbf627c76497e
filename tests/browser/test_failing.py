"""What cannot be loaded says so in its place, and a button loads it again; what cannot be done says so where it was
asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.window import Window
from tests.support.node import PASSWORD, Node

TOLD = {"en": "could not be loaded", "zh-CN": "载入失败"}
LETTER = b"From: fresh@example.test\r\nSubject: Of Fresh\r\n\r\nText.\r\n"
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-CN"])


def alert(w: Window) -> Locator:
    return w.page.get_by_role("alert").filter(has_text=TOLD[w.language])


@LANGUAGES
def test_the_network_is_down_for_a_while(window: Callable[..., Window], language: str) -> None:
    """Mailboxes and messages, then a message alone, on a phone."""
    w = window(language, size=(360, 720)).log_in("anna@example.test")
    expect(w.list.get_by_role("option")).not_to_have_count(0)
    w.page.route("**/api/v1/mailboxes", lambda route: route.abort())
    w.page.reload()
    expect(alert(w)).to_be_visible()
    assert w.violations() == []
    w.page.unroute("**/api/v1/mailboxes")
    w.button(w("retry")).press("Enter")
    expect(w.list.get_by_role("option")).not_to_have_count(0)
    expect(alert(w)).to_have_count(0)
    w.page.route("**/api/v1/messages/*", lambda route: route.abort())
    w.page.reload()
    w.row("Numbers of the quarter").first.click()
    expect(alert(w)).to_be_visible()
    w.page.unroute("**/api/v1/messages/*")
    w.button(w("retry")).press("Enter")
    expect(w.page.get_by_role("heading", level=1, name="Numbers of the quarter")).to_be_visible()


@LANGUAGES
def test_a_server_that_fails_is_asked_again(window: Callable[..., Window], language: str) -> None:
    w = window(language).log_in("admin@example.test")
    w.page.route("**/api/v1/users?*", lambda route: route.fulfill(status=500, body="{}"))
    w.go("/#/admin/users")
    expect(alert(w)).to_contain_text(w("users"))
    expect(w.page.get_by_role("table")).to_have_count(0)
    assert w.violations() == []
    w.page.unroute("**/api/v1/users?*")
    w.button(w("retry")).press("Enter")
    expect(w.page.get_by_role("cell", name="anna@example.test").first).to_be_visible()
    expect(w.page.get_by_role("main")).to_be_focused()


def test_a_session_outlives_a_server_that_is_down(window: Callable[..., Window]) -> None:
    w = window().log_in("anna@example.test")
    w.page.route("**/api/v1/me", lambda route: route.abort())
    w.page.reload()
    w.button(w("retry")).wait_for()
    w.page.unroute("**/api/v1/me")
    w.button(w("retry")).click()
    expect(w.list.get_by_role("option")).not_to_have_count(0)


def test_who_logs_in_where_another_session_has_ended_sees_nothing_of_it(
    site: Node, window: Callable[..., Window]
) -> None:
    fresh = site.add_user("fresh@example.test")
    site.submit(fresh, [fresh], LETTER)
    w = window().log_in("anna@example.test")
    expect(w.list.get_by_role("option")).not_to_have_count(0)
    w.compose("bo@example.test", "Of Anna", "Of Anna alone")
    w.context.clear_cookies()
    w.page.get_by_role("button", name="Refresh", exact=True).click()
    log_in = w.page.get_by_role("button", name=w("log in"), exact=True)
    expect(log_in).to_be_visible()
    w.page.get_by_label(w("address"), exact=True).fill(fresh)
    w.page.get_by_label(w("password"), exact=True).fill(PASSWORD)
    log_in.click()
    expect(w.row("Of Fresh")).to_be_visible()
    expect(w.list.get_by_role("option")).to_have_count(1)
    expect(w.page.locator("section.composer")).to_have_count(0)


def test_a_question_stays_until_it_is_done_and_says_why_it_was_not(site: Node, window: Callable[..., Window]) -> None:
    site.cli("alias", "add", "stays@example.test", "anna@example.test")
    w = window().log_in("admin@example.test").go("/#/admin/aliases")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    w.page.route("**/api/v1/aliases/*", hold)
    w.choose("More actions: stays@example.test", "Delete")
    dialog = w.page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Delete", exact=True)
    with w.page.expect_request("**/api/v1/aliases/*"):
        button.dblclick()
    expect(button).to_have_attribute("aria-busy", "true")
    [asked] = held
    asked.abort()
    expect(dialog.get_by_role("alert")).to_be_visible()
    assert w.violations() == []
    w.page.unroute("**/api/v1/aliases/*")
    button.press("Enter")
    expect(dialog).to_have_count(0)
    expect(w.page.get_by_role("row").filter(has_text="stays@example.test")).to_have_count(0)
    expect(w.heading("Aliases")).to_be_focused()
