"""DKIM signatures for mail that leaves: RFC 6376, with Ed25519 of RFC 8463.

One message is canonicalised once, relaxed/relaxed, whatever the number of keys; each key adds one
DKIM-Signature field in front. Every step is linear in the length of the message, because a stranger
may choose what we forward.

What is signed: the fields that a reader sees or a client acts upon, as often as they are there. The
most important of them are named once more than they are there, so that nobody can add a second one
on the way (RFC 6376 §8.15).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailnode.senderauth.dkim_keys import PrivateKey

SEALED = (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"content-type")
SIGNED = (
    *SEALED,
    b"sender",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-transfer-encoding",
    b"content-disposition",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-post",
    b"auto-submitted",
    b"cfbl-address",  # RFC 9477 §3.1.4
    b"cfbl-feedback-id",
)

_SIGNED = frozenset(SIGNED)
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_MANY_ENDS = b"\r\n" * 1024
_PKCS1, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True, slots=True)
class Signer:
    """One key of one domain, and where its public half stands: ``selector._domainkey.domain``."""

    domain: str  # A-labels
    selector: str
    key: PrivateKey


def sign(raw: bytes, signers: Sequence[Signer], now: int) -> bytes:
    """DKIM-Signature fields, each with its CRLF, to put in front of ``raw``.

    ``raw`` has CRLF line ends. ``now`` is in seconds since 1970. A message without a From field
    cannot be signed (RFC 6376 §5.4) and gets b"".
    """
    end = raw.find(b"\r\n\r\n")
    head, body = (raw, b"") if end < 0 else (raw[:end], raw[end + 4 :])
    names, fields = _chosen(head)
    if not signers or b"from" not in names[: -len(SEALED)]:
        return b""
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest())
    return b"".join(_signature(signer, names, fields, body_hash, now) for signer in signers)


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4: runs of blanks are one space, none at line ends, no empty lines at the end.

    Blanks are collapsed before anything is matched against them, so a run costs its length once.
    """
    body = collapsed(body).replace(b" \r\n", b"\r\n")
    if body.endswith(b" "):
        body = body[:-1]
    end = end_of_text(body)
    return body[:end] + b"\r\n" if end else b""


def end_of_text(body: bytes) -> int:
    """Where the line ends begin that the body ends with."""
    end = len(body)
    for ends in (_MANY_ENDS, b"\r\n"):  # by the thousand first: there may be millions
        while body.endswith(ends, 0, end):
            end -= len(ends)
    return end


def collapsed(text: bytes) -> bytes:
    """Each run of blanks as one space. A pass halves every run, and most text needs none."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def relaxed_value(value: bytes) -> bytes:
    """A field's value unfolded, its blanks collapsed, none at either end (RFC 6376 §3.4.2)."""
    return collapsed(value.replace(b"\r\n", b"")).strip(b" \r\n")


def _chosen(head: bytes) -> tuple[list[bytes], bytes]:
    """Names for ``h=``, and the canonical fields in that order.

    Where a name is there more than once the signature takes them from the bottom up (§5.4.2).
    """
    names: list[bytes] = []
    fields: list[bytes] = []
    for match in reversed(list(_FIELD.finditer(head))):
        name = match[1].lower()
        if name in _SIGNED:
            names.append(name)
            fields.append(name + b":" + relaxed_value(match[2]) + b"\r\n")
    names += SEALED  # one more than there are: nothing is hashed for it
    return names, b"".join(fields)


def _signature(signer: Signer, names: list[bytes], fields: bytes, body_hash: bytes, now: int) -> bytes:
    rsa_key = isinstance(signer.key, rsa.RSAPrivateKey)
    unsigned = (
        b"DKIM-Signature: v=1; a=%s; c=relaxed/relaxed;\r\n\td=%s; s=%s; t=%d;\r\n\th=%s;\r\n\tbh=%s;\r\n\tb="
        % (
            b"rsa-sha256" if rsa_key else b"ed25519-sha256",
            signer.domain.encode("ascii"),
            signer.selector.encode("ascii"),
            now,
            folded(names),
            body_hash,
        )
    )
    # The signature covers its own field with an empty b= and without the last CRLF (§3.7).
    signed = fields + b"dkim-signature:" + relaxed_value(unsigned.partition(b":")[2])
    value = base64.b64encode(raw_signature(signer.key, signed))
    return unsigned + b"\r\n\t ".join(value[at : at + 70] for at in range(0, len(value), 70)) + b"\r\n"


def raw_signature(key: PrivateKey, signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, _PKCS1, _SHA256)
    return key.sign(hashlib.sha256(signed).digest())  # RFC 8463 §3: the hash is what is signed


def folded(names: list[bytes]) -> bytes:
    """``from:to:…`` in lines under 78 characters; folding is allowed around the colons."""
    lines, line = [], b""
    for name in names:
        if len(line) + len(name) > 66:
            lines.append(line)
            line = b""
        line += name + b":"
    lines.append(line[:-1])
    return b"\r\n\t ".join(lines)
