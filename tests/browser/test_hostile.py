"""A hostile mail in the reader and in an answer: nothing runs, nothing is fetched, nothing covers our buttons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser import letters
from tests.browser.window import Window
from tests.support.node import Node


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server that notes every path that is asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()


@pytest.fixture
def hostile(site: Node, listener: tuple[str, list[str]], window: Callable[..., Window]) -> Window:
    """anna's window with the hostile letter open."""
    with site.imap("anna@example.test") as connection:
        letters.append(connection, "INBOX", [(letters.hostile(listener[0]), "")])
    w = window().log_in("anna@example.test")
    w.open("You have won")
    expect(w.mail.get_by_text("The end of a hostile letter")).to_be_visible()
    return w


def test_nothing_runs_and_nothing_is_fetched(hostile: Window, listener: tuple[str, list[str]]) -> None:
    page = hostile.page
    for link in hostile.mail.locator("a").all():
        link.click()
    page.wait_for_timeout(1500)
    assert page.evaluate("window.PWNED") is None
    assert page.frame_locator("iframe").locator("html").evaluate("() => window.PWNED ?? null") is None
    assert listener[1] == []
    assert len(hostile.context.pages) == 1


def test_nothing_leaves_its_place(hostile: Window) -> None:
    box = hostile.page.locator("iframe").bounding_box()
    assert box is not None
    assert box["height"] < 2000, "100vh in a frame as high as its text would feed on itself"
    positions = hostile.mail.evaluate(
        "body => [...body.querySelectorAll('*')].map((one) => getComputedStyle(one).position)"
    )
    assert set(positions) == {"static"}


def test_no_style_computes(hostile: Window) -> None:
    """What old browsers ran, and what programs that show a copy of the mail may run."""
    assert "expression(" not in hostile.page.frame_locator("iframe").locator("html").inner_html()


def test_what_was_left_out_is_counted(hostile: Window) -> None:
    expect(hostile.page.get_by_text("remote pictures blocked")).to_be_visible()


def test_quoted_it_covers_nothing_and_still_fetches_nothing(hostile: Window, listener: tuple[str, list[str]]) -> None:
    hostile.press("r")
    composer = hostile.page.locator("section.composer")
    expect(composer.locator("blockquote")).to_contain_text("The end of a hostile letter")
    composer.get_by_role("button", name="Discard draft").click()
    expect(composer).to_have_count(0)
    assert hostile.page.evaluate("window.PWNED") is None
    assert listener[1] == []


def test_the_original_is_shown_as_text(hostile: Window, site: Node) -> None:
    message = hostile.page.url.rsplit("/", 1)[1]
    answer = hostile.context.request.get(f"{hostile.base}/api/v1/messages/{message}/raw")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"].startswith(("text/plain", "message/rfc822"))
