"""A door to which this machine's addresses are strangers, with a real name server that knows some of them.

A client is another one for each address of 127.0.1.0/24: `ADDRESSES` says what the DNS knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from mailnode.database import utcnow
from mailnode.mx import client, serve
from mailnode.mx.policy import Policy
from mailnode.senderauth import dkim_keys
from mailnode.zone.zone_file import txt_strings
from tests.support import signatures
from tests.support.bind9 import Named
from tests.support.smtp_doors import SmtpDoors

KNOWN, NAMELESS, FALSE, NUMBERED, LISTED, BANNED, WELCOME, UNASKABLE = (f"127.0.1.{number}" for number in range(1, 9))
LISTS = "bad.test=127.0.0.[2..9]*3 banned.test*reject good.test=127.0.[0..9].[1;2]*-4"

_SOA = "$TTL 60\n@ IN SOA ns.example.test. h.example.test. 1 60 60 60 60\n@ IN NS ns.example.test.\n"
ZONES = {
    "example.test": _SOA + "ns A 127.0.0.1\n@ MX 10 mx\n@ TXT \"v=spf1 ip4:127.0.1.0/24 -all\"\nmx A 127.0.1.1\n"
    "_dmarc TXT \"v=DMARC1; p=reject\"\nmail A 127.0.1.99\nh127-0-1-4 A 127.0.1.4\nwelcome A 127.0.1.7\n"
    + "".join(f"m{number} A 127.0.1.{number}\n" for number in (5, 6, 8))
    + f"s._domainkey TXT {txt_strings(dkim_keys.txt_value(signatures.pem('ed25519')))}\n",
    "plain.test": _SOA + "@ MX 10 mx\nmx A 127.0.1.1\n",
    "closed.test": _SOA + "@ MX 10 mx\n@ TXT \"v=spf1 -all exp=why.closed.test\"\nmx A 127.0.1.1\n"
    "why TXT \"%{d} sends no mail, nor does %{i}\"\n",
    "127.in-addr.arpa": _SOA + "1.1.0 PTR mx.example.test.\n3.1.0 PTR mx.example.test.\n"
    "4.1.0 PTR h127-0-1-4.example.test.\n7.1.0 PTR welcome.example.test.\n"
    + "".join(f"{number}.1.0 PTR m{number}.example.test.\n" for number in (5, 6, 8)),
    "bad.test": _SOA + "5.1.0.127 A 127.0.0.2\n5.1.0.127 A 127.0.1.2\n8.1.0.127 A 127.255.255.254\n",
    "banned.test": _SOA + "6.1.0.127 A 127.0.0.2\n8.1.0.127 A 127.255.255.254\n",
    "good.test": _SOA + "7.1.0.127 A 127.0.5.1\n5.1.0.127 A 127.0.5.9\n",
    "com": _SOA + "mail.example A 127.0.1.99\n",
    "test": _SOA.replace("ns.example.test.", "ns") + "ns A 127.0.0.1\n",
}  # fmt: skip


@contextmanager
def stranger_door(directory: Path, **settings: Any) -> Iterator[SmtpDoors]:
    """Nobody has to wait for the greeting, and nobody is put off, unless ``settings`` say so."""
    usual = {"dns_lists": LISTS, "greeting_delay": 0, "error_delay": 0, "greylist_score": None}
    with pytest.MonkeyPatch.context() as patch, Named(ZONES) as named:
        patch.setattr(Policy, "is_ours", lambda _, peer: peer.user_id is not None)
        patch.setattr(client, "is_public", lambda _: True)
        usual["nameservers"] = named.address
        with SmtpDoors(serve, directory, **(usual | settings)) as running:
            yield running


def letter(author: str = "Ann <ann@plain.test>", more: str = "", body: str = "Hello\r\n", date: bool = True) -> bytes:
    """A message that nothing is to be said against but what the arguments make of it."""
    head = f"From: {author}\r\nTo: ann@example.com\r\nSubject: About tomorrow\r\nMessage-ID: <1@plain.test>\r\n"
    return (head + (f"Date: {format_datetime(utcnow())}\r\n" if date else "") + more + "\r\n" + body).encode()
