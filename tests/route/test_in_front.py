"""Others that stand in front of our doors and speak for their clients: Debian's haproxy by PROXY, swaks by XCLIENT."""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType

import pytest

from mailnode.imap import serve as imap
from mailnode.mx import serve as mx
from mailnode.settings import Listen
from tests.support import needs, ports
from tests.support.imapd import PASSWORD, ReadingServer
from tests.support.programs import run
from tests.support.smtp_doors import LETTER, SmtpDoors

CONF = """
defaults
    mode tcp
    timeout connect 60s
    timeout client 600s
    timeout server 600s
listen one
    bind 127.0.0.1:{first}
    server door 127.0.0.1:{door} send-proxy
listen two
    bind 127.0.0.1:{second}
    server door 127.0.0.1:{door} send-proxy-v2
"""
PROXIES = (ip_network("127.0.0.1"),)


def behind(server: ReadingServer, module: ModuleType, *, tls: bool = False) -> int:
    """A door of this kind that only proxies know; its port."""
    door = server.call(module.serve(server.context, [Listen("127.0.0.1", 0)], tls=tls, proxies=PROXIES))
    server.doors = [*server.doors, door]
    port: int = door.addresses[0].port
    return port


class Haproxy:
    """In front of one door: ``places`` are where it listens, the first for version 1 and the second for version 2."""

    def __init__(self, folder: Path, door: int) -> None:
        self.places = [ports.free(), ports.free()]
        self._conf = folder / f"haproxy-{door}.cfg"
        self._conf.write_text(CONF.format(first=self.places[0], second=self.places[1], door=door))

    def __enter__(self) -> Haproxy:
        command = [needs.program("haproxy"), "-db", "-f", str(self._conf)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for place in self.places:
            ports.listening("127.0.0.1", place)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    near = {"xclient_networks": "127.0.0.1/32", "mynetworks": "192.0.2.77/32"}
    with SmtpDoors(mx, tmp_path_factory.mktemp("front"), **near) as running:
        yield running


def test_mail_through_haproxy_is_its_clients(doors: SmtpDoors, tmp_path: Path) -> None:
    with Haproxy(tmp_path, behind(doors, mx)) as front:
        for place in front.places:
            with smtplib.SMTP("127.0.0.1", place, timeout=120, source_address=("127.0.0.9", 0)) as client:
                client.sendmail("a@client.example", ["ann@example.com"], LETTER)
            assert b"[127.0.0.9])" in doors.inbox("ann")[-1].partition(b"\r\n\tby ")[0]


@pytest.mark.parametrize("tls", [False, True])
def test_mailboxes_through_haproxy(doors: SmtpDoors, tmp_path: Path, tls: bool) -> None:
    with Haproxy(tmp_path, behind(doors, imap, tls=tls)) as front:
        for place in front.places:
            url = f"{'imaps' if tls else 'imap'}://127.0.0.1:{place}/INBOX"
            own = ("--ssl-reqd", "--insecure", "--user", f"ann@example.com:{PASSWORD}")
            assert "* STATUS" in run("curl", "--silent", url, *own, "--request", "STATUS INBOX (MESSAGES)")


def test_mail_by_xclient_is_the_named_clients(doors: SmtpDoors) -> None:
    named = "ADDR=192.0.2.77 NAME=[UNAVAILABLE]"
    people = ("--from", "a@client.example", "--to", "ann@example.com", "--helo", "client.example.org")
    said = run("swaks", "--server", f"127.0.0.1:{doors.port}", "--xclient", named, *people)
    assert " -> XCLIENT ADDR=192.0.2.77" in said
    assert b"[192.0.2.77])" in doors.inbox("ann")[-1].partition(b"\r\n\tby ")[0]
