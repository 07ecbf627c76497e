"""A list of 50,000: drawn quickly, scrolled anywhere, few elements, little work for each step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import many
from tests.browser.window import Window
from tests.support.node import Node, running
from tests.support.ports import until

COUNT = 50_000
LOOKED_FOR = {25_000, 30_000, COUNT - 3000, 49_000, *range(COUNT - 100, COUNT + 1)}
ROW = 78


@pytest.fixture(scope="module")
def site(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node whose anna has 50,000 messages."""
    node = Node(tmp_path_factory.mktemp("many"), name="mail.example.test", nameservers="127.0.0.1:9").init(
        "example.test"
    )
    node.add_user("anna@example.test", "--quota", "none")
    many.fill(node, "anna@example.test", COUNT, LOOKED_FOR)
    with running(node):
        yield node


@pytest.fixture
def w(window: Callable[..., Window]) -> Window:
    opened = window().log_in("anna@example.test")
    expect(opened.row(f"Message number {COUNT}")).to_be_visible()
    # The top of the list comes first, and a moment later it has its whole height.
    until(lambda: opened.list.evaluate("list => list.scrollHeight") == COUNT * ROW)
    return opened


def scroll(w: Window, top: int) -> None:
    w.list.evaluate("(list, top) => { list.scrollTop = top }", top)


def processor_time(w: Window) -> float:
    """Seconds that the page's main thread has worked so far."""
    session: Any = w.context.new_cdp_session(w.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def test_the_bar_reaches_every_message(w: Window) -> None:
    expect(w.page.get_by_text("50,000 messages")).to_be_visible()
    assert w.list.evaluate("list => list.scrollHeight") == COUNT * ROW
    for number in (1, 25_000, 49_000):
        scroll(w, (COUNT - number) * ROW)
        expect(w.row(f"Message number {number}").first).to_be_visible()
    assert w.complaints == []


def test_few_elements_stand_for_all(w: Window) -> None:
    scroll(w, 20_000 * ROW)
    expect(w.row("Message number 30000").first).to_be_visible()
    assert w.list.get_by_role("option").count() < 40
    assert w.page.evaluate("document.querySelectorAll('*').length") < 1500


def test_a_step_of_scrolling_is_little_work(w: Window) -> None:
    """Processor time of the main thread, not wall time, and the best of several: the machine may be busy."""
    w.page.wait_for_timeout(1000)
    costs, steps = [], 30
    for start in range(5000, 5000 + 4 * 1000, 1000):
        before = processor_time(w)
        for step in range(steps):
            scroll(w, start * ROW + step * 240)
            w.page.evaluate("new Promise(requestAnimationFrame)")
        costs.append((processor_time(w) - before) / steps)
    assert min(costs) < 0.040


def test_the_keyboard_walks_without_end_of_page(w: Window) -> None:
    w.page.get_by_role("button", name="Skip to the list of messages").focus()
    w.press("Enter")
    expect(w.list).to_be_focused()
    for _ in range(60):
        w.press("j")
    reached = w.row(f"Message number {COUNT - 60}").first
    expect(reached).to_have_attribute("aria-setsize", str(COUNT))
    expect(w.list).to_have_attribute("aria-activedescendant", reached.get_attribute("id") or "an id")


def test_a_selection_over_thousands(w: Window) -> None:
    w.row(f"Message number {COUNT}").first.locator("[data-hit=select]").click()
    scroll(w, 3000 * ROW)
    w.row(f"Message number {COUNT - 3000}").first.click(modifiers=["Shift"])
    expect(w.page.get_by_text("3,001 selected").first).to_be_visible()
    w.press("e")
    expect(w.page.get_by_text("3,001 messages archived").last).to_be_visible()
    expect(w.page.get_by_text("46,999 messages")).to_be_visible()
    w.press("z")
    expect(w.page.get_by_text("50,000 messages")).to_be_visible()
    assert w.complaints == []


def test_first_rows_and_next_message_are_quick(site: Node, chromium: Browser, window: Callable[..., Window]) -> None:
    """Generous limits on wall time; the figures of a quiet machine stand in the note of the job."""
    w = window().log_in("anna@example.test")
    began = time.perf_counter()
    w.go("/").page.get_by_role("option").first.wait_for()
    first = time.perf_counter() - began
    w.open(f"Message number {COUNT - 1}")
    w.page.wait_for_timeout(800)
    began = time.perf_counter()
    w.press("j")
    w.page.get_by_role("heading", level=1, name=f"Message number {COUNT - 2}").wait_for()
    following = time.perf_counter() - began
    print(f"first rows {first * 1000:.0f} ms, next message {following * 1000:.0f} ms")
    assert first < 20
    assert following < 10
