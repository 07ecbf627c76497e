"""Filters that are not there, hang, or talk nonsense: mail goes on, as the settings say."""

from __future__ import annotations

import asyncio
import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from socket import socket

import pytest

from mailnode.filters.connections import AT_ONCE
from mailnode.filters.scan import Filters
from mailnode.findings import Action
from mailnode.settings import Settings
from tests.support import ports
from tests.unit.filters.asking import LETTER, asked, scan, settings

KINDS = ("rspamd=http", "spamd=tcp", "clamd=tcp", "milter=tcp")
MAIL = LETTER % b"hello"


@contextlib.contextmanager
def serving(serve: Callable[[socket], None]) -> Iterator[int]:
    """A peer that does this with every connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            serve(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("on_failure", "action"), [("open", None), ("closed", Action.DEFER)])
def test_nobody_listens(kind: str, on_failure: str, action: Action | None) -> None:
    with ports.refusing() as port:
        (found,) = scan(settings(f"{kind}://127.0.0.1:{port}", filters_on_failure=on_failure), MAIL)
    assert found.findings[0].action is action
    assert found.findings[0].text.startswith("it could not be asked: ")
    assert (found.reply.code if found.reply else 0) == (451 if action else 0)
    assert str(port) not in str(found.reply)  # where filters are is nobody's business
    assert found.content == MAIL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "noise", [b"", b"\r\n" * 1000, b"\xff" * 70_000, b"HTTP/1.1 200 OK\r\n\r\n{}", b"\0\0\0\x01c" * 9]
)
def test_nonsense(kind: str, noise: bytes) -> None:
    def talk(one: socket) -> None:
        with contextlib.suppress(OSError):
            one.sendall(noise)
            one.recv(1)

    with serving(talk) as port:
        (found,) = scan(settings(f"{kind}://127.0.0.1:{port}", filters_on_failure="closed"), MAIL)
    assert found.findings[0].action is Action.DEFER


@pytest.mark.parametrize("change", [b"\0\0\0\x01b", b"\0\0\0\x05hX\0y\0"])
def test_a_milter_that_never_ends_with_its_changes(change: bytes) -> None:
    """One that has agreed to hear of nothing but the end."""
    skips = (0x37F).to_bytes(4, "big")

    def talk(one: socket) -> None:
        with contextlib.suppress(OSError):
            one.sendall(b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x03" + skips)
            while True:
                one.sendall(change * 10_000)

    with serving(talk) as port:
        chosen = settings(f"milter=tcp://127.0.0.1:{port}?timeout=60", message_size_limit=100_000)
        (found,) = scan(chosen, MAIL)
    assert found.findings[0].text == "it could not be asked: the filter changes too much"


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_hangs_is_waited_for_once(kind: str) -> None:
    came = []
    end = threading.Event()

    def wait(one: socket) -> None:
        came.append(one)
        end.wait(60)

    with serving(wait) as port:
        hanging = settings(f"{kind}://127.0.0.1:{port}?timeout=0.2&on_failure=closed")
        found = scan(hanging, MAIL, MAIL, MAIL)
        ports.until(lambda: came)
        end.set()
    assert [one.findings[0].action for one in found] == [Action.DEFER] * 3
    assert len(came) == 1


def test_many_that_wait_for_their_turn_do_not_switch_a_filter_off() -> None:
    def answer(one: socket) -> None:
        while not one.recv(1 << 16).endswith(b"\0\0\0\0"):
            pass
        one.sendall(b"1: stream: OK\0")

    async def flood(chosen: Settings) -> list[str]:
        filters = Filters(chosen)
        turns = filters._scanners[0]._client.connections.turns
        for _ in range(AT_ONCE):
            await turns.acquire()
        late = await filters.scan(asked(MAIL))
        turns.release()
        found = [late, await filters.scan(asked(MAIL))]
        filters.close()
        return [one.findings[0].text for one in found]

    with serving(answer) as port:
        told = asyncio.run(flood(settings(f"clamd=tcp://127.0.0.1:{port}?timeout=3")))
    assert told == ["it could not be asked: too many messages wait for it", "nothing found"]


def test_a_kept_connection_that_has_ended_is_made_anew() -> None:
    def answer_once(one: socket) -> None:
        while not one.recv(1 << 16).endswith(b"\0\0\0\0"):
            pass
        one.sendall(b"1: stream: OK\0")

    with serving(answer_once) as port:
        found = scan(settings(f"clamd=tcp://127.0.0.1:{port}?on_failure=closed"), MAIL, MAIL)
    assert [one.findings[0].text for one in found] == ["nothing found"] * 2


def test_larger_messages_are_not_shown() -> None:
    with ports.refusing() as port:
        (found,) = scan(settings(f"clamd=tcp://127.0.0.1:{port}?size=10&on_failure=closed"), MAIL)
    assert found.findings[0].action is None
    assert "larger than 10" in found.findings[0].text


def test_without_filters_nothing_happens() -> None:
    (found,) = scan(settings(), MAIL)
    assert (found.content, found.findings, found.fields) == (MAIL, (), b"")
