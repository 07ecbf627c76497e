"""Who really sent this message: every check at once, for a door that has it in its hands.

The look-ups run at the same time and are given a few seconds together; what is not known by then is
``temperror``, and mail is never refused for that. The result is a value, and an Authentication-Results field
(RFC 8601) to put in front of the message; fields of that name that are there already are the door's to remove
(`results.without_forged`), after this, because a signature may cover them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
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
    judging_spf = spf.check(lookup, ip, helo, sender, receiver=authserv_id, now=now)
    spf_result, content = await asyncio.gather(
        _in_time(judging_spf, deadline, spf.undecided(helo, sender, LATE)),
        _content(lookup, raw, now, deadline),
    )
    author = content.domains[0] if content.domains else ""
    if isinstance(content.policy, Unanswered):
        dmarc_result = DmarcResult("temperror", author, reason="the policy could not be looked up")
    else:
        judging_dmarc = dmarc.evaluate(lookup, content.domains, content.policy, spf_result, content.dkim)
        late = DmarcResult("temperror", author, found=content.policy, reason=LATE)
        dmarc_result = await _in_time(judging_dmarc, deadline, late)
    listed = [
        _spf_words(spf_result, helo, sender),
        *(_dkim_words(one) for one in content.dkim or [DkimResult("none")]),
        *([_arc_words(content.arc, ip)] if content.arc.result != "none" else []),
        _dmarc_words(dmarc_result),
    ]
    field = results.field(authserv_id, listed)
    return Verdict(spf_result, content.dkim, content.arc, dmarc_result, author, field)


@dataclass(frozen=True, slots=True)
class _Content:
    """What the message itself gives: its signatures' state, its author, and the author's policy."""

    dkim: tuple[DkimResult, ...]
    arc: ArcResult
    domains: tuple[str, ...]
    policy: Policy | Unanswered | None


async def _content(lookup: Lookup, raw: Octets, now: int, deadline: float) -> _Content:
    message = canonical.read(raw) if len(raw) <= INLINE else await asyncio.to_thread(_read, raw)
    domains = dmarc.author_domains(message)
    dkim_results, arc_result, policy = await asyncio.gather(
        _in_time(dkim_verify.verify(lookup, message, now), deadline, None),
        _in_time(arc.validate(lookup, message), deadline, ArcResult("fail", reason=LATE, temporary=True)),
        _in_time(_policy(lookup, domains), deadline, Unanswered()),
    )
    if dkim_results is None:
        dkim_results = dkim_verify.undecided(message, LATE)
    return _Content(dkim_results, arc_result, domains, policy)


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


async def _in_time(work: Coroutine[Any, Any, T], deadline: float, late: T) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError:
        return late


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
