"""Two nodes and a name server on loopback: a.test on 127.0.0.2, b.test on 127.0.0.3, bind9 on 127.0.0.1.

All mail servers of this small world answer on one port, as they do on port 25 in the large one. The
zones of a.test and b.test are what ``mailnode dns zone`` prints; the others are written here.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import dns.exception
import dns.resolver

from tests.support import ports
from tests.support.bind9 import Named
from tests.support.node import Node

ZONE = """$TTL 60
@ IN SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 60
@ IN NS ns.{name}.
ns IN A 127.0.0.1
@ IN MX 10 mx.{name}.
mx IN A {address}
"""
# Domains of others: name → address of the mail server, whether or not somebody answers there.
OTHERS = {"postfix.test": "127.0.0.4", "sink.test": "127.0.0.5", "silent.test": "127.0.0.6"}


class Network:
    """``with Network(folder) as net: net.a.submit(...)``. Both nodes serve; the users are named below."""

    def __init__(self, folder: Path, *, web: bool = False, **settings: str) -> None:
        self.port = ports.free()
        self.a = self._node(folder / "a", "127.0.0.2", "a.test", web, settings)
        self.b = self._node(folder / "b", "127.0.0.3", "b.test", web, settings)
        zones = {name: ZONE.format(name=name, address=address) for name, address in OTHERS.items()}
        for node, domain in ((self.a, "a.test"), (self.b, "b.test")):
            zones[domain] = node.cli("dns", "zone", domain)
        self.dns = Named(zones)

    def _node(self, folder: Path, host: str, domain: str, web: bool, settings: dict[str, str]) -> Node:
        folder.mkdir()
        node = Node(folder, host, f"mail.{domain}", web=web, relay_port=str(self.port), **settings)
        node.move("smtp", self.port)
        node.init(domain)
        node.add_users(f"anna@{domain}", f"bert@{domain}")
        return node

    def txt(self, name: str) -> bytes | None:
        """A TXT record as its reader sees it, its strings joined; None when there is none."""
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers, asked.port = ["127.0.0.1"], self.dns.port
        try:
            [record] = asked.resolve(name, "TXT")
        except dns.exception.DNSException:
            return None
        return b"".join(record.strings)

    def __enter__(self) -> Network:
        self.dns.__enter__()
        try:
            for node in (self.a, self.b):
                node.environment["MAILNODE_NAMESERVERS"] = self.dns.address
                node.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for node in (self.a, self.b):
            if node.process is not None:
                node.kill()
        self.dns.__exit__(None, None, None)
