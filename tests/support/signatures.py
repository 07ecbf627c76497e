"""DKIM signatures with any tags at all, for the cases that no signer writes.

The canonical forms are ours: whether those are right is asked of dkimpy and of the RFCs' own examples.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from mailnode.senderauth import canonical, dkim_keys
from mailnode.senderauth.dkim_keys import Algorithm, PrivateKey
from mailnode.senderauth.dkim_sign import raw_signature, relaxed_value
from tests.support.zones import Zones

LETTER = (
    b"From: A <a@example.test>\r\nTo: b@example.org\r\nSubject:  two \t words\r\n"
    b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.test>\r\n\r\n"
    b"Hello  \t there \r\n\r\nLast\r\n\r\n\r\n"
)


@cache
def pem(algorithm: Algorithm) -> str:
    return dkim_keys.make(algorithm)


@cache
def key(algorithm: Algorithm) -> PrivateKey:
    return dkim_keys.read(pem(algorithm))


def published(algorithm: Algorithm = "ed25519", more: str = "", domain: str = "example.test") -> Zones:
    """A DNS with the key at s._domainkey.example.test; ``more`` are further tags of its record."""
    return Zones({f"s._domainkey.{domain}": {"TXT": [dkim_keys.txt_value(pem(algorithm)) + more]}})


def signed(raw: bytes = LETTER, algorithm: Algorithm = "ed25519", **changes: str | None) -> bytes:
    """``raw`` with a signature in front. ``changes`` are its tags; None leaves one out. bh= and b= are made."""
    tags: dict[str, str | None] = {
        "v": "1",
        "a": f"{algorithm}-sha256",
        "c": "relaxed/relaxed",
        "d": "example.test",
        "s": "s",
        "h": "from:to:subject:date",
        "bh": "",
    }
    tags.update(changes)
    message = canonical.read(raw)
    header, _, body = (tags["c"] or "simple/simple").partition("/")
    said_length = tags.get("l") or ""
    length = int(said_length) if said_length.isdigit() else None
    digest = message.body_hash(relaxed=body == "relaxed", length=length)
    tags["bh"] = changes.get("bh", base64.b64encode(digest).decode())
    value = " " + "; ".join(f"{name}={said}" for name, said in tags.items() if said is not None) + "; b="
    relaxed = header == "relaxed"
    names = [name.strip().lower().encode() for name in (tags["h"] or "").split(":")]
    own = b"dkim-signature:" + relaxed_value(value.encode()) if relaxed else b"DKIM-Signature:" + value.encode()
    fields = message.canonical_fields(names, relaxed=relaxed)
    signature = base64.b64encode(raw_signature(key(algorithm), fields + own))
    return b"DKIM-Signature:" + value.encode() + signature + b"\r\n" + raw


def body_hash(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
