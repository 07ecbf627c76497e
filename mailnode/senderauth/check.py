"""Who really sent this message: every check at once, for a door that has it in its hands.

The look-ups run at the same time and are given a few seconds together; what is not known by then is
``temperror``, and mail is never refused for that. The result is a value, and an Authentication-Results field
(RFC 8601) to put in front of the message; fields of that name that are there already are the door's to remove
(`results.without_forged`), after this, because a signature may cover them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mailnode.octets import Octets
from mailnode.senderauth import arc, canonical, dkim_verify, dmarc, results, spf
from mailnode.senderauth.arc import ArcResult
from mailnode.senderauth.canonical import SignedMessage
from mailnode.senderauth.dkim_signature import Signature
from mailnode.senderauth.dkim_verify import DkimResult
from mailnode.senderauth.dmarc import DmarcResult, Policy, Unanswered
from mailnode.senderauth.lookup import Lookup
from mailnode.senderauth.results_read import MethodResult, Property
from mailnode.senderauth.spf import SpfResult

SECONDS = 5.0
INLINE = 1 << 18  # octets; a larger message is read and hashed on another thread
LATE = "the DNS took too long"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all checks say. ``fields`` is the field for the top of the message, with its CRLF."""

    spf: SpfResult
    dkim: tuple[DkimResult, ...]
    arc: ArcResult
    dmarc: DmarcResult
    header_from_domain: str
    fields: bytes


async def check(
    lookup: Lookup,
    ip: str,
    helo: str,
    sender: str,
    raw: Octets,
    now: int,
    *,
    authserv_id: str,
    seconds: float = SECONDS,
) -> Verdict:
    """Judge the message ``raw`` (CRLF line ends) that the host at ``ip`` sends for ``sender`` ("" is the null sender).

    ``now`` is in seconds since 1970, ``authserv_id`` the name that we sign our word with. Never raises for
    anything that a peer can send.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    message = canonical.read(raw) if len(raw) <= INLINE else await asyncio.to_thread(_read, raw)
    domains = dmarc.author_domains(message)
    author = domains[0] if domains else ""
    judging = (
        asyncio.create_task(spf.check(lookup, ip, helo, sender, receiver=authserv_id, now=now)),
        asyncio.create_task(dkim_verify.verify(lookup, message, now)),
        asyncio.create_task(arc.validate(lookup, message)),
        asyncio.create_task(_policy(lookup, domains)),
    )
    await _until(deadline, *judging)
    spf_result = _found(judging[0], lambda: spf.undecided(helo, sender, LATE))
    dkim_results = _found(judging[1], lambda: dkim_verify.undecided(message, LATE))
    chain = _found(judging[2], lambda: ArcResult("fail", reason=LATE, temporary=True))
    policy = _found(judging[3], Unanswered)
    dmarc_result = await _dmarc(lookup, domains, policy, spf_result, dkim_results, deadline)
    listed = [
        _spf_words(spf_result, helo, sender),
        *(_dkim_words(one) for one in dkim_results or [DkimResult("none")]),
        *([_arc_words(chain, ip)] if chain.result != "none" else []),
        _dmarc_words(dmarc_result),
    ]
    field = results.field(authserv_id, listed)
    return Verdict(spf_result, dkim_results, chain, dmarc_result, author, field)


def _read(raw: Octets) -> SignedMessage:
    """The message with the hashes that its signatures will want."""
    message = canonical.read(raw)
    for _, one in dkim_verify.signatures(message):
        if isinstance(one, Signature):
            message.body_hash(relaxed=one.relaxed_body, length=one.length)
            if one.length is not None:
                message.canonical_length(relaxed=one.relaxed_body)
    return message


async def _policy(lookup: Lookup, domains: tuple[str, ...]) -> Policy | Unanswered | None:
    if len(domains) != 1:
        return None
    try:
        return await dmarc.discover(lookup, domains[0])
    except Unanswered as error:
        return error


async def _until(deadline: float, *works: asyncio.Task[Any]) -> None:
    """Wait for all of them, with one timer; what is late then is not waited for."""
    try:
        await asyncio.wait(works, timeout=deadline - asyncio.get_running_loop().time())
    finally:
        for work in works:
            work.cancel()


def _found(work: asyncio.Task[T], late: Callable[[], T]) -> T:
    return work.result() if work.done() else late()


async def _dmarc(
    lookup: Lookup,
    domains: tuple[str, ...],
    policy: Policy | Unanswered | None,
    spf_result: SpfResult,
    dkim_results: tuple[DkimResult, ...],
    deadline: float,
) -> DmarcResult:
    author = domains[0] if domains else ""
    if isinstance(policy, Unanswered):
        return DmarcResult("temperror", author, reason="the policy could not be looked up")
    try:
        async with asyncio.timeout_at(deadline):
            return await dmarc.evaluate(lookup, domains, policy, spf_result, dkim_results)
    except TimeoutError:
        return DmarcResult("temperror", author, found=policy, reason=LATE)


def _spf_words(found: SpfResult, helo: str, sender: str) -> MethodResult:
    name, said = ("mailfrom", sender) if found.identity == "mailfrom" else ("helo", helo if helo.isascii() else "")
    shown = Property("smtp", name, said)
    return MethodResult("spf", found.result, (shown,), comment=found.reason)


def _dkim_words(found: DkimResult) -> MethodResult:
    properties = (
        Property("header", "d", found.domain),
        # A field beyond ASCII is only for mail that came with SMTPUTF8, whose sender may be so.  RFC 6532
        Property("header", "i", found.identity if found.identity.isascii() else ""),
        Property("header", "s", found.selector),
        Property("header", "a", found.algorithm),
        Property("header", "b", found.signature),
    )
    notes = [found.reason, "testing" if found.testing else "", f"{found.unsigned} octets unsigned"]
    comment = ", ".join(note for note in notes[: 3 if found.unsigned else 2] if note)
    return MethodResult("dkim", found.result, properties, comment=comment)


def _arc_words(found: ArcResult, ip: str) -> MethodResult:
    comment = found.reason or f"i={found.sets}, sealed by {found.sealers[-1]}"
    # Whoever reads this must not take for broken what nobody could look at (RFC 8617 has no temperror).
    reason = "temporary" if found.temporary else ""
    return MethodResult("arc", found.result, (Property("smtp", "remote-ip", ip),), comment=comment, reason=reason)


def _dmarc_words(found: DmarcResult) -> MethodResult:
    properties = [Property("header", "from", found.domain)]
    if found.found is not None and found.result in ("pass", "fail"):
        properties.append(Property("policy", "dmarc", found.policy))
    comment = f"by {found.by.upper()}, {found.aligned}" if found.aligned else found.reason
    return MethodResult("dmarc", found.result, tuple(properties), comment=comment)
