"""DKIM signatures of mail that arrives (RFC 6376 §6), with the keys asked for at the same time.

At most `MAX_SIGNATURES` are looked at, from the top down; the rest are named in the results and not verified.
Results are those of RFC 8601 §2.7.1. What is decided here and left open there:

- A signature that has expired (x=) fails; one made more than a day in the future is refused.
- A key in testing mode (t=y) turns a failure into ``neutral``; a pass remains one, because many forget to
  take the flag away.
- Where a name has several key records, each is tried, up to three.
- A signature that leaves part of the body unsigned (l=) passes and says so; `dmarc` does not count it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mailnode.resolver import TextAnswer
from mailnode.senderauth import public_keys, tags
from mailnode.senderauth.canonical import SignedMessage
from mailnode.senderauth.dkim_sign import relaxed_value
from mailnode.senderauth.dkim_signature import MAX_FIELD, BadSignature, Claim, Signature, read_dkim
from mailnode.senderauth.lookup import Lookup, texts
from mailnode.senderauth.public_keys import BadKey, KeyRecord

MAX_SIGNATURES = 10
MAX_KEYS = 3  # records at one name
SLACK = 86_400  # seconds that a signer's clock may be ahead

Outcome = Literal["none", "pass", "fail", "neutral", "policy", "temperror", "permerror"]
FIELD = b"dkim-signature"


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What became of one signature. Texts are "" where the field could not be read.

    ``unsigned`` is the number of octets at the end of the body that l= leaves out.
    """

    result: Outcome
    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    signature: str = ""  # the beginning of b=, to tell signatures apart (RFC 6008)
    reason: str = ""
    testing: bool = False
    unsigned: int = 0


async def verify(lookup: Lookup, message: SignedMessage, now: int) -> tuple[DkimResult, ...]:
    """A result for each DKIM-Signature, from the top down. ``now`` is in seconds since 1970."""
    found = signatures(message)
    names = {one.claim.key_name for _, one in found if isinstance(one, Signature)}
    answers = dict(zip(names, await texts(lookup, names), strict=True))
    return tuple(
        evaluate(message, place, one, answers[one.claim.key_name], now) if isinstance(one, Signature) else one
        for place, one in found
    )


def signatures(message: SignedMessage) -> list[tuple[int, Signature | DkimResult]]:
    """The signatures with the numbers of their fields; a result at once for one that cannot be verified."""
    found: list[tuple[int, Signature | DkimResult]] = []
    for count, place in enumerate(message.places.get(FIELD, ())):
        if count == MAX_SIGNATURES:
            found.append((place, DkimResult("policy", reason="more signatures than are looked at")))
            break
        try:
            found.append((place, read_dkim(message.fields[place].value)))
        except BadSignature as error:
            found.append((place, _unreadable(message.fields[place].value, str(error))))
    return found


def undecided(message: SignedMessage, reason: str) -> tuple[DkimResult, ...]:
    """Results for when the DNS took too long."""
    return tuple(
        replace(_described(one), result="temperror", reason=reason) if isinstance(one, Signature) else one
        for _, one in signatures(message)
    )


def evaluate(message: SignedMessage, place: int, signature: Signature, answer: TextAnswer, now: int) -> DkimResult:
    """The result of one signature, given what the DNS says at its key's name."""
    described = _described(signature)
    if answer.temporary:
        return replace(described, result="temperror", reason="the key could not be looked up")
    if not answer.found:
        return replace(described, result="permerror", reason="no key")
    if signature.expires is not None and signature.expires < now:
        return replace(described, result="fail", reason="the signature has expired")
    if signature.claim.time is not None and signature.claim.time > now + SLACK:
        return replace(described, result="policy", reason="the signature is from the future")
    unsigned = 0
    if signature.length is not None:
        unsigned = message.canonical_length(relaxed=signature.relaxed_body) - signature.length
        if unsigned < 0:
            return replace(described, result="permerror", reason="l= is longer than the body")
    try:
        keys = usable_keys(answer.records, signature.claim)
    except BadKey as error:
        return replace(described, result="permerror", reason=str(error))
    verdict = _verdict(message, place, signature, keys)
    if verdict is None:
        return replace(described, unsigned=unsigned, testing=any(key.testing for key in keys))
    if any(key.testing for key in keys):
        return replace(described, result="neutral", reason=verdict, testing=True)
    return replace(described, result="fail", reason=verdict)


def usable_keys(records: Sequence[bytes], claim: Claim) -> list[KeyRecord]:
    """The keys of the claim's algorithm, at least one. Raises BadKey with the first reason."""
    usable: list[KeyRecord] = []
    wrong: BadKey | None = None
    for record in records[:MAX_KEYS]:
        try:
            key = public_keys.read(record)
        except BadKey as error:
            wrong = wrong or error
            continue
        if key.algorithm == claim.algorithm:
            usable.append(key)
    if not usable:
        raise wrong or BadKey("the key is of another type")
    return usable


def header_digest(message: SignedMessage, place: int, signature: Signature) -> bytes:
    """The hash that is signed: of the fields of h=, then of the signature's own without b= (RFC 6376 §3.7)."""
    own = message.fields[place]
    value = tags.without_signature(own.value)
    if signature.relaxed_header:
        last = own.name + b":" + relaxed_value(value)
    else:
        last = own.raw[: own.raw.index(b":") + 1] + value
    fields = message.canonical_fields(signature.names, relaxed=signature.relaxed_header, without=place)
    return hashlib.sha256(fields + last).digest()


def _verdict(message: SignedMessage, place: int, signature: Signature, keys: Sequence[KeyRecord]) -> str | None:
    """None where it verifies, else why not."""
    if message.body_hash(relaxed=signature.relaxed_body, length=signature.length) != signature.body_hash:
        return "the body has changed"
    digest = header_digest(message, place, signature)
    for key in keys:
        if key.verifies(signature.claim.signature, digest):
            if key.exact and signature.identity_domain != signature.claim.domain:
                return "i= must have the domain of d="
            return None
    return "the signature does not fit"


def _described(signature: Signature) -> DkimResult:
    claim = signature.claim
    start = base64.b64encode(claim.signature[:6]).decode("ascii")
    algorithm = f"{claim.algorithm}-sha256"
    return DkimResult("pass", claim.domain, claim.selector, signature.identity, algorithm, start)


def _unreadable(value: bytes, reason: str) -> DkimResult:
    found = tags.parse(value[:MAX_FIELD]) or {}
    return DkimResult("permerror", found.get("d", ""), found.get("s", ""), reason=reason)
