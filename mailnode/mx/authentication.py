"""Who really sent what strangers bring to port 25, and what follows from it.

The checks (`senderauth.check`) run when the whole message is there. Their word stands above our Received field
(RFC 8601 §4), and fields that claim to be our word already are taken away. Programs on this machine, the
networks that we trust and users who have logged in are not judged: their mail is ours.

A message is refused only where ``dmarc_reject`` is set, the domain in From asks for it (``p=reject``) and nothing
vouches for that domain (RFC 9989 §7.2). What cannot be decided now is taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from mailnode.mx.policy import Policy
from mailnode.octets import Octets
from mailnode.peers import is_loopback
from mailnode.proto.replies import Reply
from mailnode.senderauth import results
from mailnode.senderauth.check import Verdict, check
from mailnode.smtpd.reception import Envelope, Peer

RULE = "dmarc_reject"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message that was looked at: ``field`` goes to its top, ``content`` is what may stay of it.

    ``verdict`` is None where nothing was checked. ``refusal``: it is not wanted.
    """

    content: Octets
    field: bytes = b""
    verdict: Verdict | None = None
    refusal: Reply | None = None

    @property
    def words(self) -> dict[str, str]:
        """For the log."""
        if self.verdict is None:
            return {}
        signed = ",".join(sorted({one.result for one in self.verdict.dkim})) or "none"
        return {"spf": self.verdict.spf.result, "dkim": signed, "dmarc": self.verdict.dmarc.result}


async def judge(policy: Policy, peer: Peer, envelope: Envelope, content: Octets) -> Judged:
    """Check the message of one transaction, where its client is a stranger."""
    settings = policy.settings
    if not settings.senderauth or _is_ours(policy, peer):
        return Judged(content)
    verdict = await check(
        policy.resolver,
        peer.address,
        peer.hello,
        str(envelope.sender or ""),
        content,
        int(time.time()),
        authserv_id=settings.hostname,
    )
    kept = results.without_forged(content, settings.hostname)
    refusal = _refusal(verdict) if settings.dmarc_reject else None
    return Judged(kept, verdict.fields, verdict, refusal)


def _is_ours(policy: Policy, peer: Peer) -> bool:
    return peer.user_id is not None or is_loopback(peer.address) or policy.in_mynetworks(peer)


def _refusal(verdict: Verdict) -> Reply | None:
    found = verdict.dmarc
    if found.result == "fail" and found.policy == "reject":
        return Reply(550, "5.7.1", f"{RULE}: the DMARC policy of {found.domain} refuses mail that it did not send")
    return None
