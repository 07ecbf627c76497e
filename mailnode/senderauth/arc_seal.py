"""A further ARC set for a message that goes on from here changed (RFC 8617 §5.1).

The tags are written in alphabetical order. Signed are the fields that a reader sees, and the DKIM signatures,
so that later stations can tell what was there; not Authentication-Results, which stations remove (§4.1.2).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from mailnode.senderauth import arc
from mailnode.senderauth.arc import MAX_SETS, RESULTS, SIGNATURE, ChainValue
from mailnode.senderauth.canonical import SignedMessage, relaxed_field
from mailnode.senderauth.dkim_keys import algorithm_of
from mailnode.senderauth.dkim_sign import SIGNED, Signer, folded, raw_signature, relaxed_value

NAMES = (*SIGNED, b"dkim-signature")


def seal(
    message: SignedMessage,
    signer: Signer,
    *,
    results: bytes,
    chain: ChainValue,
    now: int,
    names: Sequence[bytes] = NAMES,
) -> bytes:
    """The three fields of a new set, each with its CRLF, to put in front; b"" where the chain can take none.

    ``results`` is the value of an Authentication-Results field of ours ("host; spf=pass …"), ``chain`` what
    `arc.validate` found. ``names`` are the fields to sign, in lower case, each as often as it is there.
    """
    number = arc.highest_instance(message) + 1
    if number > MAX_SETS or arc.was_sealed_as_broken(message):
        return b""
    stated = b"i=%d; %s" % (number, results)
    signed = _message_signature(message, signer, number, now, names)
    covered = _before(message) if chain == "pass" else []  # a broken chain: the new set alone (§5.1.2)
    covered += [RESULTS + b":" + relaxed_value(stated), SIGNATURE + b":" + relaxed_value(signed)]
    before, after = (
        b"a=%s-sha256;\r\n b=" % _algorithm(signer),
        b"; cv=%s; d=%s;\r\n i=%d; s=%s; t=%d" % (chain.encode(), *_tail(signer, number, now)),
    )
    covered.append(arc.unsigned_seal(before + after))
    sealed = before + _signature(signer, b"\r\n".join(covered)) + after
    fields = ((b"ARC-Seal", sealed), (b"ARC-Message-Signature", signed), (b"ARC-Authentication-Results", stated))
    return b"".join(b"%s: %s\r\n" % field for field in fields)


def _message_signature(message: SignedMessage, signer: Signer, number: int, now: int, names: Sequence[bytes]) -> bytes:
    listed = [name for name in names for _ in message.places.get(name, ())]
    body_hash = base64.b64encode(message.body_hash(relaxed=True, length=None))
    domain, _, selector, _ = _tail(signer, number, now)
    before, after = (
        b"a=%s-sha256;\r\n b=" % _algorithm(signer),
        b";\r\n bh=%s;\r\n c=relaxed/relaxed; d=%s;\r\n h=%s;\r\n i=%d; s=%s; t=%d"
        % (body_hash, domain, folded(listed), number, selector, now),
    )
    fields = message.canonical_fields(listed, relaxed=True)
    return before + _signature(signer, fields + SIGNATURE + b":" + relaxed_value(before + after)) + after


def _before(message: SignedMessage) -> list[bytes]:
    """The fields of the chain in the order in which seals cover them, without line ends."""
    return [
        relaxed_field(field)[:-2]
        for one in arc.read_chain(message)
        for field in (one.results, one.signed, one.seal_field)
    ]


def _tail(signer: Signer, number: int, now: int) -> tuple[bytes, int, bytes, int]:
    return signer.domain.encode("ascii"), number, signer.selector.encode("ascii"), now


def _algorithm(signer: Signer) -> bytes:
    return algorithm_of(signer.key).encode("ascii")


def _signature(signer: Signer, signed: bytes) -> bytes:
    """On one line: the next seal covers this one's folding too, and the public test suite has none."""
    return base64.b64encode(raw_signature(signer.key, signed))
