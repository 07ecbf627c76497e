"""A real node with the built web client, and Debian's Chromium in front of it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import letters
from tests.browser.window import Window
from tests.support import needs
from tests.support.node import ROOT, Node, running

FRONTEND = ROOT / "frontend"
USERS = {"anna@example.test": "Anna Beispiel", "bo@example.test": "Bo Beispiel"}
expect.set_options(timeout=60_000)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def client() -> Path:
    """The built client; `make web` makes it, and so does this when it is not there."""
    built = FRONTEND / "dist"
    if not (built / "index.html").exists():
        subprocess.run([needs.program("npm"), "run", "--silent", "build"], cwd=FRONTEND, check=True)
    return built


@pytest.fixture(scope="module")
def site(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node with anna (whose inbox is lived in), bo and an administrator; example.test is open to all."""
    node = Node(tmp_path_factory.mktemp("site"), name="mail.example.test", nameservers="127.0.0.1:9").init(
        "example.test"
    )
    for address, name in USERS.items():
        node.add_user(address, "--name", name)
    node.add_user("admin@example.test", "--admin")
    node.cli("domain", "set", "example.test", "--registration", "open")
    with running(node):
        with node.imap("anna@example.test") as connection:
            letters.append(connection, "INBOX", letters.inbox())
            connection.create("Work")
            connection.create("Work/2026")
        yield node


@pytest.fixture(scope="module")  # not for the session: while playwright runs, nobody else can run a loop
def chromium() -> Iterator[Browser]:
    path = needs.program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def window(site: Node, chromium: Browser) -> Iterator[Callable[..., Window]]:
    """Opens windows on the site: ``window("zh-CN", theme="dark", size=(390, 800))``. Each is a browser of its own."""
    with contextlib.ExitStack() as open_windows:

        def make(language: str = "en", **how: object) -> Window:
            made = Window(chromium, f"http://127.0.0.1:{site.ports['http']}", language, **how)  # type: ignore[arg-type]
            open_windows.callback(made.close)
            return made

        yield make
