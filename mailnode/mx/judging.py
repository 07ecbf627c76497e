"""Strangers' mail at port 25, judged: by the client's address and name, by who vouches for the author, by the content.

What the client alone gives away is known at RCPT, and refuses recipients where a check asks for that by itself; the
rest, and the sum, is decided when the whole message is there. `postmaster` and `abuse` can always be written to
(RFC 5321 §4.5.1, RFC 2142 §4). Programs on this machine, the networks that we trust and users who have logged in
are not judged: their mail is ours.

The checks run at the same time. What the DNS does not say in time is left out, and no mail is refused for that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.directory import lookup
from mailnode.filters.scan import Filters
from mailnode.filters.values import Asked, Scanned
from mailnode.findings import Action, Finding, harshest
from mailnode.mx import content as contents
from mailnode.mx import fields, greylist, hello, proof
from mailnode.mx.bounded import Bounded
from mailnode.mx.client import Client, Clients
from mailnode.mx.judgement import NOTHING, Judgement, Seen, judged, reply, weighed, weighed_as
from mailnode.mx.policy import Policy
from mailnode.mx.remembered import Remembered
from mailnode.octets import Octets
from mailnode.proto.address import Address
from mailnode.proto.replies import Reply
from mailnode.queue.envelope import Recipient
from mailnode.senderauth import results
from mailnode.senderauth.check import Verdict, check
from mailnode.smtpd.reception import Envelope, Peer

HELLOS_KEPT = 120.0  # seconds
INLINE = 1 << 18  # octets; a larger message is looked at on another thread
ALWAYS = ("postmaster", "abuse")


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


class Judge:
    """One for a door."""

    def __init__(self, context: Context, policy: Policy, resolver: Bounded) -> None:
        self._context = context
        self._settings = context.settings
        self._policy = policy
        self._resolver = resolver
        self._clients = Clients(context.settings, resolver)
        self._hellos: Remembered[tuple[Finding, ...]] = Remembered(HELLOS_KEPT)
        self._filters = Filters(context.settings)

    def expect(self, peer: Peer) -> None:
        """A stranger has come: ask the DNS about it while it talks."""
        self._clients.expect(peer.address)

    async def client(self, peer: Peer) -> Client:
        """What is known of the client; its name becomes the peer's."""
        found = await self._clients.found(peer.address)
        peer.name = peer.name or found.name
        return found

    async def refusal(self, peer: Peer, recipient: Address) -> tuple[str, Reply] | None:
        """What the client, a stranger, alone gives reason for at RCPT: the rule and its reply."""
        if recipient.local.lower() in ALWAYS:
            return None
        asking = harshest([*(await self.client(peer)).findings, *await self._hello(peer)])
        said = reply(asking.action, asking.rule, asking.text) if asking and asking.action else None
        return (asking.rule, said) if asking and said else None

    async def judge(self, peer: Peer, envelope: Envelope, content: Octets, id_: str = "") -> Judged:
        """The message of one transaction."""
        if self._policy.is_ours(peer):
            return Judged(content)
        client, greeted, scanned, verdict, shown = await asyncio.gather(
            self.client(peer),
            self._hello(peer),
            self._scanned(peer, envelope, content, id_),
            self._verdict(peer, envelope, content),
            self._shown(content),
        )
        seen = [
            *_of_transaction(peer, envelope),
            *await self._proved(verdict),
            *(() if self._filters_decide else shown),
        ]
        findings = (*client.findings, *greeted, *weighed(self._settings, seen))
        if scanned is not None:
            findings = (*findings, *scanned.findings)
            content = scanned.content
        judgement = _forgiving(_in_words_of(scanned, judged(self._settings, findings)), envelope)
        if judgement.action < Action.DEFER and not client.welcome and self._is_suspicious(judgement, verdict):
            judgement = await self._greylisted(peer, envelope, judgement)
        content = fields.without_forged(results.without_forged(content, self._settings.hostname))
        said = (verdict.fields if verdict else b"") + fields.written(judgement, self._settings.junk_score)
        return Judged(content, judgement, said + (scanned.fields if scanned else b""), verdict, scanned)

    @property
    def _filters_decide(self) -> bool:
        """Whether a filter that knows words judges the content, better than we do."""
        return any(one.kind in ("rspamd", "spamd") for one in self._settings.filters)

    async def _hello(self, peer: Peer) -> tuple[Finding, ...]:
        async def look() -> tuple[Finding, ...]:
            await self.client(peer)
            seen = await hello.look_at(self._resolver, self._settings.hostname, peer, self._is_ours)
            return weighed(self._settings, seen)

        return await self._hellos.get((peer.address, peer.hello), look)

    async def _is_ours(self, domain: str) -> bool:
        return await self._context.offload.look(lambda tx: lookup.is_local_domain(tx, domain))

    async def _scanned(self, peer: Peer, envelope: Envelope, content: Octets, id_: str) -> Scanned | None:
        if not self._filters:
            return None
        await self.client(peer)
        asked = Asked(
            content,
            str(envelope.sender or ""),
            tuple(str(one.address) for one in envelope.recipients),
            peer.address,
            peer.port,
            peer.name,
            peer.hello,
            peer.user,
            peer.tls,
            id_,
        )
        return await self._filters.scan(asked)

    async def _verdict(self, peer: Peer, envelope: Envelope, content: Octets) -> Verdict | None:
        if not self._settings.senderauth:
            return None
        return await check(
            self._resolver,
            peer.address,
            peer.hello,
            str(envelope.sender or ""),
            content,
            int(time.time()),
            authserv_id=self._settings.hostname,
        )

    async def _shown(self, content: Octets) -> list[Seen]:
        if self._filters_decide:
            return []
        if len(content) <= INLINE:
            return contents.seen(content, utcnow())
        return await asyncio.to_thread(contents.seen, content, utcnow())

    async def _proved(self, verdict: Verdict | None) -> list[Seen]:
        if verdict is None:
            return []
        author = verdict.header_from_domain
        return proof.seen(verdict, author_is_ours=bool(author) and await self._is_ours(author))

    def _is_suspicious(self, judgement: Judgement, verdict: Verdict | None) -> bool:
        """Whether a second attempt is worth waiting for. Who can be held to account need not make one."""
        limit = self._settings.greylist_score
        return limit is not None and judgement.score >= limit and not (verdict is not None and proof.is_proved(verdict))

    async def _greylisted(self, peer: Peer, envelope: Envelope, judgement: Judgement) -> Judgement:
        delay = self._settings.greylist_delay
        asked = greylist.Asked.of(peer.address, envelope, int(time.time()), delay)
        left = await self._context.offload.write(lambda tx: greylist.ask(tx, asked))
        if not left:
            return judgement
        text = f"A message like this from a stranger is taken at the second attempt; try again in {left} seconds"
        found = weighed_as(Action.DEFER, greylist.RULE, text)
        assert found is not None
        findings = (*judgement.findings, found)
        refused = reply(Action.DEFER, found.rule, found.text)
        return replace(
            judgement, findings=findings, action=Action.DEFER, rule=found.rule, text=found.text, reply=refused
        )


def _of_transaction(peer: Peer, envelope: Envelope) -> Sequence[Seen]:
    found = []
    if peer.talked_early:
        found.append(Seen("early_talker", "The client talked before its turn"))
    if envelope.sender is None and len(envelope.recipients) > 1:
        found.append(Seen("bounce_to_many", "A report of the mail system is for one recipient, and this has several"))
    return found


def _in_words_of(scanned: Scanned | None, judgement: Judgement) -> Judgement:
    """A filter's own refusal, where it is a filter that refuses."""
    if scanned is None or scanned.reply is None or judgement.reply is None:
        return judgement
    decided = any(one.rule == judgement.rule for one in scanned.findings)
    return replace(judgement, reply=scanned.reply) if decided else judgement


def _forgiving(judgement: Judgement, envelope: Envelope) -> Judgement:
    """Whoever writes to those who must be reachable is not refused for points."""
    if judgement.action is not Action.REJECT or not all(
        one.address.local.lower() in ALWAYS for one in envelope.recipients
    ):
        return judgement
    return replace(judgement, action=Action.JUNK, reply=None)
