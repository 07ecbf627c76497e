"""A DNS with one small zone for each domain, and the way from there to a peer on loopback."""

from __future__ import annotations

from random import Random

from mailnode.offload import Offload
from mailnode.relay.https import Https
from mailnode.relay.proving import Prover
from mailnode.relay.route import Here, Router
from mailnode.relay.sts import Policies
from mailnode.resolver import Resolver
from tests.support.authority import Authority
from tests.support.bind9 import Named

ZONE = """$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 127.0.0.1
mta-sts A 127.0.0.1
"""
RECORD = '_mta-sts TXT "v=STSv1; id=first"\n'
ANNOUNCED, SILENT = "sts.test", "none.test"
# Domains whose policies are at one slow web server.
SLOW, SLOW_ADDRESS = tuple(f"slow{number}.test" for number in range(12)), "127.0.0.2"


def zones() -> Named:
    slow = (ZONE + RECORD).replace("mta-sts A 127.0.0.1", f"mta-sts A {SLOW_ADDRESS}")
    return Named({ANNOUNCED: ZONE + RECORD, SILENT: ZONE, **dict.fromkeys(SLOW, slow)})


def policies(dns: Named, authority: Authority, offload: Offload, web_port: int) -> Policies:
    resolver = Resolver([dns.address])
    return Policies(resolver, Https(resolver, authority.trusting(), web_port, 10.0), offload)


def router(dns: Named, port: int, found: Policies | None) -> Router:
    resolver = Resolver([dns.address])
    here = Here(frozenset(), frozenset())
    return Router(resolver, here, port, random=Random(1), prover=Prover(resolver, found))


def policy(mode: str = "enforce", host: str = f"mx.{ANNOUNCED}", age: int = 86400) -> str:
    return f"version: STSv1\r\nmode: {mode}\r\nmx: {host}\r\nmax_age: {age}\r\n"
