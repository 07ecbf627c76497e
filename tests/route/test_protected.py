"""A node, a Postfix with TLS, and a policy on the web: MTA-STS and transports from submission to the other side."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ports
from tests.support.authority import Authority
from tests.support.bind9 import Named
from tests.support.https import TextServer
from tests.support.network import ZONE
from tests.support.node import Node
from tests.support.postfix import Postfix

OTHER = "127.0.0.7"
DOMAIN, WRONG, PLAIN = "postfix.test", "wrong.test", "plain.test"
RECORDS = 'mta-sts A 127.0.0.1\n_mta-sts TXT "v=STSv1; id=1"\n'
POLICY = f"version: STSv1\nmode: enforce\nmx: *.{DOMAIN}\nmx: *.{WRONG}\nmax_age: 86400\n"
LETTER = b"From: anna@a.test\r\nTo: carl@postfix.test\r\nSubject: protected\r\n\r\n.\r\n..\r\nx\r\n"


@dataclass(frozen=True, slots=True)
class World:
    node: Node
    postfix: Postfix

    def sent(self) -> list[str]:
        """The lines of the node's log about what was sent."""
        return [line for line in self.node.log.read_text().splitlines() if '"event": "sent"' in line]


class Web(threading.Thread):
    """The web server of both domains' policies, in a thread."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(daemon=True)
        self.server = TextServer(authority.server(f"mta-sts.{DOMAIN}", f"mta-sts.{WRONG}"), POLICY)
        self.ready, self.loop, self.end = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    def run(self) -> None:
        self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with self.server:
            self.ready.set()
            await self.end.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    authority, port = Authority(tmp_path_factory.mktemp("authority")), ports.free(OTHER)
    web = Web(authority)
    web.start()
    assert web.ready.wait(60)
    zones = {name: ZONE.format(name=name, address=OTHER) + RECORDS for name in (DOMAIN, WRONG)}
    zones[PLAIN] = ZONE.format(name=PLAIN, address=OTHER)
    authority.server(f"mx.{DOMAIN}")
    certificate = next(authority.folder.glob(f"mx.{DOMAIN}-*.pem"))
    tls = f"smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {certificate}\nsmtpd_tls_received_header = yes\n"
    domains = f"virtual_mailbox_domains = {DOMAIN} {PLAIN}\nvirtual_mailbox_maps = static:carl/\n"
    with Named(zones) as dns, Postfix(DOMAIN, {"carl"}, {}, OTHER, port, tls + domains) as postfix:
        node = started(tmp_path_factory.mktemp("node"), authority, dns, port, web.server.port)
        yield World(node, postfix)
        node.kill()
    web.stop()


def started(folder: Path, authority: Authority, dns: Named, port: int, sts_port: int) -> Node:
    more = {"relay_port": str(port), "sts_port": str(sts_port), "nameservers": dns.address}
    node = Node(folder, "127.0.0.2", "mail.a.test", web=False, **more)
    node.environment["SSL_CERT_FILE"] = str(authority.pem)
    node.init("a.test").add_users("anna@a.test")
    return node.start()


def test_a_policy_is_fetched_and_met(world: World) -> None:
    world.node.submit("anna@a.test", [f"carl@{DOMAIN}"], LETTER)
    [raw] = world.postfix.wait_for("carl")
    assert b"(using TLSv1." in raw
    assert raw.endswith(b"\n\n.\n..\nx\n")  # in one chunk: nothing was doubled
    ports.until(world.sent, 60, "it is logged")
    assert f"mx.{DOMAIN} [{OTHER}] with TLSv1." in world.sent()[0]
    assert "verified by MTA-STS" in world.sent()[0]


def test_a_host_without_its_name_in_the_certificate_gets_nothing(world: World) -> None:
    world.node.submit("anna@a.test", [f"carl@{WRONG}"], LETTER)
    ports.until(lambda: said(world.node), 60, "it is put off")
    assert f"TLS with mx.{WRONG} failed: Hostname mismatch" in said(world.node)
    [row] = world.node.json("queue", "list")
    world.node.cli("queue", "delete", str(row["id"]))


def said(node: Node) -> str:
    return " ".join(row["said"] or "" for row in node.json("queue", "list"))


def test_a_transport_is_taken_while_the_node_runs(world: World) -> None:
    before = len(world.postfix.received("carl"))
    place = f"smtp://mx.{DOMAIN}:{world.postfix.port}"
    world.node.cli("transport", "set", PLAIN, "--to", place, "--tls", "verified", "--from", "127.0.0.9")
    ports.until(lambda: through_transport(world, before), 120, "the transport is taken")
    ports.until(lambda: "certificate" in world.sent()[-1], 60, "it is logged")
    assert "verified by its certificate" in world.sent()[-1]


def through_transport(world: World, before: int) -> bool:
    """Send one; whether one has come from the transport's address."""
    number = len(world.postfix.received("carl"))
    world.node.submit("anna@a.test", [f"carl@{PLAIN}"], LETTER)
    world.postfix.wait_for("carl", number + 1)
    return any(b"127.0.0.9" in raw for raw in world.postfix.received("carl")[before:])
