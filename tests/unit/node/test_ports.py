"""Ports that outlive the processes which listen on them, and settings."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free, takes, until
from tests.support.supervised import Supervised

# One process that greets with its settings' banner, which says how it accepts: "turns…" from the supervisor's
# sockets, others from their own. With "…broken" in it it ends when it has listened.
PROGRAM = r"""
import asyncio, sys
from mailnode import log
from mailnode.listening import FIRST
from mailnode.node.supervisor import Child, Supervisor
from mailnode.settings import Settings
from mailnode.streams import Door

log.configure("json")

class Greeting(asyncio.Protocol):
    def __init__(self, banner):
        self.banner = banner

    def connection_made(self, transport):
        transport.write(self.banner.encode())
        transport.close()

def body(banner, listens):
    async def greet(ready):
        await Door.open(lambda door: Greeting(banner), listens)
        if "broken" in banner:
            sys.exit(3)
        ready()
        await asyncio.sleep(3600)

    return lambda ready: asyncio.run(greet(ready))

def plan(settings, places):
    banner = settings.smtpd_banner
    return [Child("one", body(banner, places["smtp"]), turn=FIRST if banner.startswith("turns") else None)]

sys.exit(Supervisor(Settings.load(), plan, lambda places: print("announced", flush=True)).run())
"""
CONNECTIONS = 24  # of which the kernel would give half to a socket that nobody accepts from


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path, PROGRAM)
    try:
        made.wait("announced")
        yield made
    finally:
        made.end()


def change(supervised: Supervised, banner: str, times: int = 1) -> None:
    """Change over to other settings, which are ``times`` times in force then."""
    supervised.set(banner)
    supervised.hang_up()
    until(lambda: supervised.output.read_text().count('"changed": true') >= times, what=supervised.output.read_text())


def fail(supervised: Supervised, banner: str, times: int = 1) -> None:
    supervised.set(banner)
    supervised.hang_up()
    until(lambda: supervised.output.read_text().count("the old processes stay") >= times)


def greeted(port: int) -> set[str]:
    """What many connections are greeted with; each is greeted."""
    heard = set()
    for _ in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            heard.add(client.makefile().read())
    return heard


def test_nobody_waits_in_a_socket_that_no_process_accepts_from_any_more(supervised: Supervised) -> None:
    change(supervised, "turns-1")
    change(supervised, "alone-2", times=2)
    until(lambda: supervised.output.read_text().count('"event": "ended"') == 2)
    assert greeted(supervised.port) == {"alone-2"}


def test_settings_that_did_not_work_leave_no_socket_that_nobody_accepts_from(supervised: Supervised) -> None:
    fail(supervised, "turns-broken")
    assert greeted(supervised.port) == {"first"}


def test_settings_that_did_not_work_may_work_later(supervised: Supervised) -> None:
    fail(supervised, "broken")
    fail(supervised, "broken", times=2)


@pytest.mark.parametrize("way", ["turns", "alone"])
def test_there_is_a_way_back_from_settings_that_did_not_work(supervised: Supervised, way: str) -> None:
    change(supervised, f"{way}-1")
    port, supervised.port = supervised.port, free()
    fail(supervised, f"{way}-broken")
    supervised.port = port
    change(supervised, f"{way}-2", times=2)
    assert "used by another program" not in supervised.output.read_text()


def test_a_port_that_is_not_wanted_any_more_is_free(supervised: Supervised) -> None:
    change(supervised, "turns-1")
    port, supervised.port = supervised.port, free()
    change(supervised, "turns-2", times=2)
    until(lambda: not takes("127.0.0.1", port))
    assert greeted(supervised.port) == {"turns-2"}
