"""Addresses and domain names in the one spelling that the directory keeps and compares.

The local part is folded to lower case (RFC 5321 §2.4 lets the receiving host decide), the domain is
in lower case with its labels in ASCII form (RFC 5890), so that both spellings of an
internationalised domain are one.
"""

from __future__ import annotations

import re

from mailnode.errors import BadAddress, BadDomainName
from mailnode.proto import address as wire
from mailnode.proto.replies import Refused

# The usual address; anything else takes the long way through the parser.
_USUAL = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)+\Z")
MAX_LOCAL_OF_OTHERS = 255  # octets; addresses elsewhere may be longer than ours


def normal(text: str, *, max_local: int = MAX_LOCAL_OF_OTHERS) -> str:
    """``local@domain`` in its one spelling. Raises BadAddress."""
    lower = text.lower()
    if _USUAL.match(lower) and "xn--" not in lower and len(lower) <= wire.MAX_LOCAL:
        return lower
    try:
        return wire.parse_mailbox(text.strip(), max_local=max_local).folded
    except Refused as error:
        raise BadAddress(f"{text!r} is not a mail address") from error


def spelling(text: str) -> str:
    """The one spelling of an address; what is none is nobody's, and stays as it is."""
    try:
        return normal(text)
    except BadAddress:
        return text


def normal_domain(text: str) -> str:
    """A domain name in its one spelling; address literals are refused.

    Raises BadDomainName.
    """
    try:
        name = wire.parse_domain(text.strip().removesuffix("."))
    except Refused as error:
        raise BadDomainName(f"{text!r} is not a domain name") from error
    if name.startswith("[") or name.replace(".", "").isdigit():
        raise BadDomainName(f"{text!r} is not a domain name")
    return name


def split(address: str) -> tuple[str, str]:
    """Local part and domain of a normal address."""
    local, _, domain = address.rpartition("@")
    return local, domain


def readable(address: str) -> str:
    """An address or domain name as people read it: internationalised labels decoded."""
    local, at, domain = address.rpartition("@")
    return local + at + wire.domain_to_unicode(domain)
