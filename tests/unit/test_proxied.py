"""Doors behind a proxy: the client that it names is the peer, and nobody else names one."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import weakref
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType

import pytest

from mailnode import log
from mailnode.imap import serve as imap
from mailnode.pop3 import serve as pop3
from mailnode.settings import Listen
from mailnode.smtpd.reception import Limits
from mailnode.streams import Door
from tests.support import ports
from tests.support.client import trusting
from tests.support.echo import LOOPBACK, Echo, connect
from tests.support.imapd import ReadingServer
from tests.support.smtpd import SmtpdThread, certificate

PROXIES = (ip_network("127.0.0.1"),)
HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 25\r\n"
ASK = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<peer@mx.example>\r\nQUIT\r\n"


def talk(port: int, sent: bytes, source: str = "127.0.0.1") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0)) as client:
        client.sendall(sent)
        try:
            return client.makefile("rb").read()
        except ConnectionResetError:  # it was closed with what we sent unread
            return b""


def test_the_client_is_who_the_proxy_names() -> None:
    with SmtpdThread(Limits(), proxies=PROXIES) as server:
        server.recorder.refuse_early = False
        assert b"250 2.1.5  [192.0.2.1]:4000" in talk(server.port, HEADER + ASK)


def test_a_proxy_speaks_for_itself() -> None:
    with SmtpdThread(Limits(), proxies=PROXIES) as server:
        assert b"250 2.1.5  [127.0.0.1]:" in talk(server.port, b"PROXY UNKNOWN\r\n" + ASK)


def test_a_proxy_without_a_header_is_not_heard() -> None:
    with SmtpdThread(Limits(), proxies=PROXIES) as server:
        assert talk(server.port, ASK) == b""


def test_the_log_says_which_proxy_is_not_understood(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log, "_lines", log._lines)  # put back at the end
    log.configure("json")
    with SmtpdThread(Limits(), proxies=PROXIES) as server:
        talk(server.port, ASK)
        said = json.loads(capsys.readouterr().err.splitlines()[-1])
        assert (said["proxy"], said["address"]) == ("127.0.0.1", f"127.0.0.1:{server.port}")


def test_nobody_else_names_a_client() -> None:
    with SmtpdThread(Limits(), proxies=PROXIES) as server:
        heard = talk(server.port, HEADER + ASK, "127.0.0.2")
        assert b"500 5.5.2" in heard
        assert b"[127.0.0.2]:" in heard


def test_clients_behind_a_proxy_are_counted_one_by_one() -> None:
    with SmtpdThread(Limits(connections=1), proxies=PROXIES) as server:
        first = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        first.sendall(HEADER)
        assert first.recv(100).startswith(b"220")
        assert talk(server.port, HEADER).startswith(b"421 4.7.0 Too many connections")
        assert talk(server.port, HEADER.replace(b"192.0.2.1", b"192.0.2.9") + b"QUIT\r\n").startswith(b"220")
        first.close()


@pytest.mark.parametrize("header", [HEADER, b"PROXY UNKNOWN\r\n"])
def test_tls_begins_behind_the_header(tmp_path: Path, header: bytes) -> None:
    with (
        SmtpdThread(Limits(), certificate(tmp_path), tls_first=True, proxies=PROXIES) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain,
    ):
        plain.sendall(header)
        with trusting().wrap_socket(plain) as wire:
            assert wire.makefile("rb").readline().startswith(b"220")


def test_of_a_client_whose_handshake_fails_nothing_is_kept(tmp_path: Path) -> None:
    made: list[weakref.ref[Echo]] = []

    def session(door: Door) -> Echo:
        echo = Echo(door)
        made.append(weakref.ref(echo))
        return echo

    def forgotten() -> bool:
        gc.collect()
        return bool(made) and made[0]() is None

    async def play() -> None:
        door = await Door.open(session, [LOOPBACK], ssl=certificate(tmp_path), proxies=PROXIES)
        reader, writer = await connect(door)
        writer.write(HEADER + b"GET / HTTP/1.0\r\n\r\n")
        await reader.read()
        await asyncio.to_thread(ports.until, forgotten)
        writer.close()
        await closed(door)

    asyncio.run(play())


@pytest.mark.parametrize("module", [imap, pop3])
def test_mailboxes_are_read_through_proxies_too(module: ModuleType, tmp_path: Path) -> None:
    with ReadingServer(module, tmp_path) as server:
        door = server.call(module.serve(server.context, [Listen("127.0.0.1", 0)], proxies=PROXIES))
        with socket.create_connection(("127.0.0.1", door.addresses[0].port), timeout=60) as client:
            client.sendall(HEADER)
            assert client.recv(10)[:3] in (b"* O", b"+OK")
            [session] = door.sessions
            peer = session.peer if module is pop3 else session.session.peer
            assert peer == "192.0.2.1"
        server.call(closed(door))


async def closed(door: Door) -> None:
    """In the loop that the door belongs to: no loop bears being touched from another thread."""
    door.close()
    await door.wait_closed()
