"""A message with its judgement, and what is left of it to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailnode.filters.values import Scanned
from mailnode.findings import Action
from mailnode.mx import proof
from mailnode.mx.judgement import NOTHING, Judgement
from mailnode.octets import Octets
from mailnode.queue.envelope import Recipient
from mailnode.senderauth.check import Verdict
from mailnode.smtpd.reception import Envelope

ALWAYS = ("postmaster", "abuse")  # RFC 5321 §4.5.1, RFC 2142 §4


@dataclass(frozen=True, slots=True)
class Judged:
    """A message that was looked at: ``fields`` go to its top, ``content`` is what may stay of it.

    ``verdict`` is None where nobody was asked who sent it; ``scanned`` where no filter was asked.
    """

    content: Octets
    judgement: Judgement = NOTHING
    fields: bytes = b""
    verdict: Verdict | None = None
    scanned: Scanned | None = None

    @property
    def sender(self) -> str | None:
        """Another one, where a filter wants that."""
        return self.scanned.sender if self.scanned else None

    @property
    def is_proved(self) -> bool:
        """Whether the author is who the message says."""
        return self.verdict is not None and proof.is_proved(self.verdict)

    def recipients(self, given: Sequence[Recipient]) -> Sequence[Recipient]:
        """Those of the envelope, as the filters have changed them."""
        if self.scanned is None or not (self.scanned.added or self.scanned.removed):
            return given
        kept = [one for one in given if one.address not in self.scanned.removed]
        there = {one.address for one in kept}
        return [*kept, *(Recipient(one) for one in self.scanned.added if one not in there)]

    @property
    def words(self) -> dict[str, object]:
        """For the log."""
        if self.verdict is None:
            return self.judgement.words
        signed = ",".join(sorted({one.result for one in self.verdict.dkim})) or "none"
        proved = {"spf": self.verdict.spf.result, "dkim": signed, "dmarc": self.verdict.dmarc.result}
        return {**proved, **self.judgement.words}


def in_words_of(scanned: Scanned | None, judgement: Judgement) -> Judgement:
    """A filter's own refusal, where it is a filter that refuses."""
    if scanned is None or scanned.reply is None or judgement.reply is None:
        return judgement
    decided = any(one.rule == judgement.rule for one in scanned.findings)
    return replace(judgement, reply=scanned.reply) if decided else judgement


def forgiving(judgement: Judgement, envelope: Envelope) -> Judgement:
    """Whoever writes to those who must be reachable is not refused."""
    if judgement.action is not Action.REJECT or not all(
        one.address.local.lower() in ALWAYS for one in envelope.recipients
    ):
        return judgement
    return replace(judgement, action=Action.JUNK, reply=None)
