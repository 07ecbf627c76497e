"""XCLIENT: a trusted peer says for whom it speaks, and what follows is that client's conversation.

Postfix's extension, as its XCLIENT_README describes it; filters and proxies of other systems speak it. It
is offered to and taken from the networks of ``xclient_networks`` only. The session stands at its beginning
afterwards: a new greeting, no EHLO yet, nothing of a message; the new client is counted and judged as if it
had connected itself. ``LOGIN`` is not offered: nobody is logged in without a password.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from mailnode.peers import is_within
from mailnode.proto.dsn_params import decode_xtext
from mailnode.proto.replies import Refused
from mailnode.smtpd.reception import Peer
from mailnode.smtpd.session import SmtpSession

ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
OFFER = f"XCLIENT {' '.join(ATTRIBUTES)}"
UNKNOWN = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
MAX_VALUE = 255


def is_trusted(session: SmtpSession) -> bool:
    """The peer that connected, whoever it speaks for now."""
    return is_within(session.connected, session.setup.trusted)


async def speak_for(session: SmtpSession, argument: str) -> None:
    """XCLIENT attribute=value ..."""
    if not session.setup.trusted or not is_trusted(session):
        raise Refused(550, "5.7.0", "You may speak for yourself only")
    if session.mail is not None:
        raise Refused(503, "5.5.1", "A message is under way")
    session.become(described(session.peer, argument))
    await session.begin()


def described(peer: Peer, argument: str) -> Peer:
    """The client as the attributes describe it. Raises Refused (501)."""
    values = dict(_attribute(word) for word in argument.split())
    if not values:
        raise Refused(501, "5.5.4", "Syntax: XCLIENT attribute=value ...")
    found = Peer(peer.address, peer.port, tls=peer.tls, bindings=peer.bindings)
    if "ADDR" in values:
        found = replace(found, address=_address(values["ADDR"]) or peer.address)
    if values.get("PORT", "").isdecimal():
        found.port = min(int(values["PORT"][:5]), 65535)
    found.name = values.get("NAME", "")
    found.hello = values.get("HELO", "")
    found.extended = values.get("PROTO", "").upper() == "ESMTP" and bool(found.hello)
    return found


def _attribute(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or name.upper() not in ATTRIBUTES or len(value) > MAX_VALUE:
        raise Refused(501, "5.5.4", f"XCLIENT takes {', '.join(ATTRIBUTES)}")
    return name.upper(), "" if value.upper() in UNKNOWN else decode_xtext(value)


def _address(value: str) -> str:
    """The address; "" where it is not known. IPv6 stands behind ``IPV6:``; IPv4 written as IPv6 is IPv4."""
    if not value:
        return ""
    try:
        found = ip_address((value[5:] if value[:5].upper() == "IPV6:" else value).partition("%")[0])
        return str(getattr(found, "ipv4_mapped", None) or found)
    except ValueError:
        raise Refused(501, "5.5.4", "ADDR is no address") from None
