"""ARC: what the stations on a message's way say that they saw, sealed one over the other (RFC 8617).

A set is three fields with one instance number: ARC-Authentication-Results, ARC-Message-Signature, ARC-Seal.
`validate` follows §5.2: the structure, the newest message signature, then every seal. `seal` adds a set (§5.1).

A chain that somebody has sealed as broken stays so and gets no further set. The older message signatures are
not verified: they are expected to break on the way, and nothing is decided by them here. Each seal covers all
sets before it; the hash of those is carried along, so that fifty seals cost no more than their length.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailnode.resolver import TextAnswer
from mailnode.senderauth import tags
from mailnode.senderauth.canonical import SignedField, SignedMessage, relaxed_field
from mailnode.senderauth.dkim_sign import relaxed_value
from mailnode.senderauth.dkim_signature import BadSignature, Claim, Signature, claim_in, read_arc, tags_of
from mailnode.senderauth.dkim_verify import header_digest, usable_keys
from mailnode.senderauth.lookup import Lookup, texts
from mailnode.senderauth.public_keys import BadKey

MAX_SETS = 50  # RFC 8617 §5.2

RESULTS, SIGNATURE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"

Outcome = Literal["none", "pass", "fail"]
ChainValue = Literal["none", "pass", "fail"]

_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,3})[ \t\r\n]*;")


@dataclass(frozen=True, slots=True)
class ArcResult:
    """``sets`` is the number of sets in the chain; ``sealers`` their domains from the oldest on, where they pass.

    ``temporary``: it failed only because a key could not be looked up now.
    """

    result: Outcome
    sets: int = 0
    sealers: tuple[str, ...] = ()
    reason: str = ""
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """An ARC-Seal's tags. ``chain`` is cv=: what its maker found."""

    claim: Claim
    chain: ChainValue


@dataclass(frozen=True, slots=True)
class ArcSet:
    """One station's three fields, read. ``place`` is the number of the message signature's field."""

    results: SignedField
    place: int
    signed: SignedField
    seal_field: SignedField
    signature: Signature
    seal: Seal


class BrokenChain(Exception):
    """The chain does not hold; ``str(error)`` says why in a few words."""


async def validate(lookup: Lookup, message: SignedMessage) -> ArcResult:
    """The state of the chain. The DNS is asked once the structure is right, for all keys at the same time."""
    try:
        chain = read_chain(message)
    except BrokenChain as error:
        return ArcResult("fail", highest_instance(message), reason=str(error))
    if not chain:
        return ArcResult("none")
    names = {one.seal.claim.key_name for one in chain} | {chain[-1].signature.claim.key_name}
    answers = dict(zip(names, await texts(lookup, names), strict=True))
    return evaluate(message, chain, answers)


def evaluate(message: SignedMessage, chain: list[ArcSet], answers: Mapping[str, TextAnswer]) -> ArcResult:
    """The state of a chain that is whole, given what the DNS says at the names of its keys."""
    try:
        _verify_message(message, chain[-1], answers)
        _verify_seals(chain, answers)
    except BrokenChain as error:
        temporary = any(answer.temporary for answer in answers.values())
        return ArcResult("fail", len(chain), reason=str(error), temporary=temporary)
    return ArcResult("pass", len(chain), tuple(one.seal.claim.domain for one in chain))


def read_chain(message: SignedMessage) -> list[ArcSet]:
    """The sets from the oldest to the newest; none where there is no ARC field. Raises BrokenChain."""
    kinds = (RESULTS, SIGNATURE, SEAL)
    counts = [len(message.places.get(kind, ())) for kind in kinds]
    if not any(counts):
        return []
    if max(counts) > MAX_SETS:
        raise BrokenChain("more than 50 sets")
    if len(set(counts)) != 1:
        raise BrokenChain("a set is not whole")
    results, signatures, seals = (_by_instance(message, kind) for kind in kinds)
    if not results.keys() == signatures.keys() == seals.keys() == set(range(1, counts[0] + 1)):
        raise BrokenChain("instance numbers are missing or twice there")
    newest = message.fields[seals[counts[0]]]
    if _seal(newest).chain == "fail":
        raise BrokenChain("a station before found the chain broken")
    chain = [_set(message, results[one], signatures[one], seals[one]) for one in range(1, counts[0] + 1)]
    for number, one in enumerate(chain):
        if one.seal.chain != ("pass" if number else "none"):
            raise BrokenChain("a seal says cv= where it cannot")
    return chain


def highest_instance(message: SignedMessage) -> int:
    """The highest instance number of any ARC field; 0 without."""
    numbers = [_instance(field) for kind in (RESULTS, SIGNATURE, SEAL) for field in message.named(kind)]
    return max((number for number in numbers if number is not None), default=0)


def was_sealed_as_broken(message: SignedMessage) -> bool:
    """Whether the newest seal says cv=fail: such a chain gets no further set (§5.1.2)."""
    highest = highest_instance(message)
    for field in message.named(SEAL):
        found = tags.parse(field.value) or {}
        if _instance(field) == highest and found.get("cv") == "fail":
            return True
    return False


def _by_instance(message: SignedMessage, kind: bytes) -> dict[int, int]:
    """Numbers of fields by instance number; a number twice there is told by a count that is too small."""
    found = {}
    for place in message.places.get(kind, ()):
        number = _instance(message.fields[place])
        if number is not None:
            found[number] = place
    return found


def _instance(field: SignedField) -> int | None:
    if field.name == RESULTS:
        match = _INSTANCE.match(field.value)
        return int(match[1]) if match else None
    return tags.number((tags.parse(field.value) or {}).get("i", ""), 3)


def _set(message: SignedMessage, results: int, signature: int, seal: int) -> ArcSet:
    fields = message.fields
    try:
        signed = read_arc(tags_of(fields[signature].value))
    except BadSignature as error:
        raise BrokenChain(f"ARC-Message-Signature: {error}") from None
    return ArcSet(fields[results], signature, fields[signature], fields[seal], signed, _seal(fields[seal]))


def _seal(field: SignedField) -> Seal:
    try:
        found = tags_of(field.value)
        claim = claim_in(found)
    except BadSignature as error:
        raise BrokenChain(f"ARC-Seal: {error}") from None
    match found.get("cv"):
        case "none" | "pass" | "fail" as chain if "h" not in found:  # §4.1.3: a seal has no h=
            return Seal(claim, chain)
        case _:
            raise BrokenChain("ARC-Seal: no cv=, or an h=")


def _verify_message(message: SignedMessage, newest: ArcSet, answers: Mapping[str, TextAnswer]) -> None:
    signature = newest.signature
    if message.body_hash(relaxed=signature.relaxed_body, length=signature.length) != signature.body_hash:
        raise BrokenChain("the body has changed")
    _require(signature.claim, header_digest(message, newest.place, signature), answers, "ARC-Message-Signature")


def _verify_seals(chain: list[ArcSet], answers: Mapping[str, TextAnswer]) -> None:
    so_far = hashlib.sha256()
    for one in chain:
        so_far.update(relaxed_field(one.results) + relaxed_field(one.signed))
        sealed = so_far.copy()
        sealed.update(unsigned_seal(one.seal_field.value))
        _require(one.seal.claim, sealed.digest(), answers, "ARC-Seal")
        so_far.update(relaxed_field(one.seal_field))


def unsigned_seal(value: bytes) -> bytes:
    """A seal's own field as its signature covers it: last, without b= and without line end (§5.1.1)."""
    return SEAL + b":" + relaxed_value(tags.without_signature(value))


def _require(claim: Claim, digest: bytes, answers: Mapping[str, TextAnswer], what: str) -> None:
    answer = answers[claim.key_name]
    if not answer.found:
        raise BrokenChain(f"{what}: no key" if not answer.temporary else f"{what}: the key could not be looked up")
    try:
        keys = usable_keys(answer.records, claim)
    except BadKey as error:
        raise BrokenChain(f"{what}: {error}") from None
    if not any(key.verifies(claim.signature, digest) for key in keys):
        raise BrokenChain(f"{what}: the signature does not fit")
