"""What the name in EHLO tells of a client: a stranger that calls itself us, an address that is not its own, no host.

RFC 5321 §4.1.4 forbids to refuse a client only because its name leads elsewhere: that is not even looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailnode.mx.judgement import Seen
from mailnode.resolver import Status
from mailnode.senderauth.lookup import Lookup
from mailnode.smtpd.reception import Peer

IsLocal = Callable[[str], Awaitable[bool]]


async def look_at(resolver: Lookup, hostname: str, peer: Peer, is_local: IsLocal) -> list[Seen]:
    """``is_local`` says of a domain whether it is one of ours; ``peer.name`` is known where it can be."""
    name = peer.hello.rstrip(".").lower()
    if name.startswith("["):
        return await _literal(resolver, hostname, peer, name)
    if _address(name) is not None:
        return [Seen("helo_bare_address", "The client calls itself by an address without brackets")]
    if name == hostname.lower() and peer.name.lower() != name:
        return [Seen("helo_is_us", f"The client calls itself {hostname}, which is this server")]
    if peer.name.lower() == name:
        return []
    if await is_local(name):
        return [Seen("helo_our_domain", "The client calls itself by a domain of this server")]
    if await _is_unknown(resolver, name):
        return [Seen("helo_unknown_name", "The name that the client gives itself does not exist")]
    return []


async def _literal(resolver: Lookup, hostname: str, peer: Peer, literal: str) -> list[Seen]:
    said = _address(literal.strip("[]").removeprefix("ipv6:"))
    if said is None or said == _address(peer.address):
        return []  # what is no address at all is reject_invalid_hostname's
    ours = await asyncio.gather(resolver.a(hostname), resolver.aaaa(hostname))
    if any(_address(one) == said for answer in ours for one in answer.records):
        return [Seen("helo_is_us", "The client calls itself by the address of this server")]
    return [Seen("helo_other_address", "The client calls itself by an address that is not its own")]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


async def _is_unknown(resolver: Lookup, name: str) -> bool:
    """Neither an address nor anything else stands at the name. What cannot be asked now is known."""
    answers = await asyncio.gather(resolver.a(name), resolver.aaaa(name))
    return all(one.status is Status.NO_DOMAIN for one in answers)
