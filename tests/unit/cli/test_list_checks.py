"""Lists in the DNS that answer, refuse, have ended, or list the world; by a real name server."""

from __future__ import annotations

import asyncio

from mailnode.cli import list_checks
from mailnode.resolver import Resolver
from mailnode.strangers import dns_lists
from tests.support.bind9 import Named

SOA = "$TTL 60\n@ IN SOA ns h 1 60 60 60 60\n@ IN NS ns\nns A 127.0.0.1\n"
ZONES = {
    "good.test": SOA + "2.0.0.127 A 127.0.0.2\n",
    "refuses.test": SOA + "* A 127.255.255.254\n",
    "ended.test": SOA,
    "world.test": SOA + "* A 127.0.0.2\n",
}


def test_each_list_is_told_apart() -> None:
    lists = dns_lists(" ".join([*ZONES, "nowhere.test"]))
    with Named(ZONES) as named:
        found = asyncio.run(list_checks.answered(Resolver([named.address]), lists))
    assert [(one.level, one.found) for one in found] == [
        ("ok", "answers"),
        ("warning", "does not answer this resolver (127.255.255.254)"),
        ("warning", "has not its test entry; it may have ended"),
        ("wrong", "lists everybody"),
        ("warning", "does not answer"),
    ]
