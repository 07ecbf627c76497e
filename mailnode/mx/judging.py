"""Strangers' mail at port 25, judged: by the client's address and name, by who vouches for the author, by the content.

What the client alone gives away is known at RCPT, and refuses recipients where a check asks for that by itself; the
rest, and the sum, is decided when the whole message is there. `postmaster` and `abuse` can always be written to.
Programs on this machine, the networks that we trust and users who have logged in are not judged: their mail is ours.

What the DNS does not say in time is left out, and no mail is refused for that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from mailnode.context import Context
from mailnode.directory import lookup
from mailnode.findings import Action, Finding, harshest
from mailnode.mx import fields, forwarded, greylist, hello, proof
from mailnode.mx.bounded import Bounded
from mailnode.mx.client import Client, Clients
from mailnode.mx.counting import Counting
from mailnode.mx.judged import ALWAYS, Judged, forgiving, in_words_of
from mailnode.mx.judgement import Judgement, Seen, judged, reply, weighed
from mailnode.mx.looking import Looking
from mailnode.mx.policy import Policy
from mailnode.mx.remembered import Remembered
from mailnode.octets import Octets, with_head
from mailnode.proto.address import Address
from mailnode.proto.replies import Reply
from mailnode.senderauth.check import Verdict
from mailnode.smtpd import border
from mailnode.smtpd.reception import Envelope, Peer

HELLOS_KEPT = 120.0  # seconds
DOMAINS_KEPT = 10.0


class Judge:
    """One for a door."""

    def __init__(self, context: Context, policy: Policy, resolver: Bounded) -> None:
        self._context = context
        self._settings = context.settings
        self._policy = policy
        self._resolver = resolver
        self._clients = Clients(context.settings, resolver)
        self._hellos: Remembered[tuple[Finding, ...]] = Remembered(HELLOS_KEPT)
        self._domains: Remembered[bool] = Remembered(DOMAINS_KEPT)
        self._looking = Looking(context.settings, resolver)
        self._counting = Counting(context.offload) if context.settings.dmarc_reports_send else None

    def expect(self, peer: Peer) -> None:
        """A stranger has come: ask the DNS about it while it talks."""
        self._clients.expect(peer.address)

    async def refusal(self, peer: Peer, recipient: Address) -> tuple[str, Reply] | None:
        """What the client, a stranger, alone gives reason for at RCPT: the rule and its reply."""
        if recipient.local.lower() in ALWAYS:
            return None
        asking = harshest(await self.of_client(peer))
        said = reply(asking.action, asking.rule, asking.text) if asking and asking.action else None
        return (asking.rule, said) if asking and said else None

    async def of_client(self, peer: Peer) -> tuple[Finding, ...]:
        """What is to be said of a client before it has sent anything."""
        client = await self._client(peer)
        return (*client.findings, *await self._hello(peer))

    async def judge(
        self, peer: Peer, envelope: Envelope, content: Octets, id_: str = "", *, for_show: bool = False
    ) -> Judged:
        """The message of one transaction. ``for_show``: nothing is written down."""
        if self._policy.is_ours(peer):
            return Judged(border.without_our_name(self._settings, peer.address, content))
        client, greeted = await self._client(peer), await self._hello(peer)  # known since RCPT, of nearly all
        looked = await self._looking.look(peer, envelope, content, id_)
        seen = [*_of_transaction(peer, envelope), *await self._proved(looked.verdict, content), *looked.shown]
        scanned = looked.scanned
        findings = (*client.findings, *greeted, *weighed(self._settings, seen), *(scanned.findings if scanned else ()))
        judgement = forgiving(in_words_of(scanned, judged(self._settings, findings)), envelope)
        if judgement.action < Action.DEFER and not client.welcome and self._is_suspicious(judgement, looked.verdict):
            judgement = await self._greylisted(peer, envelope, judgement, for_show=for_show)
        if self._counting is not None and looked.verdict is not None and not for_show:
            self._counting.add(peer, envelope, looked.verdict, judgement)
        kept = border.without_our_name(self._settings, peer.address, scanned.content if scanned else content)
        kept = fields.without_forged(kept)
        if scanned and scanned.fields:
            kept = with_head(kept, scanned.fields, 0)
        said = (looked.verdict.fields if looked.verdict else b"") + fields.written(judgement, self._settings.junk_score)
        return Judged(kept, judgement, said, looked.verdict, scanned)

    async def _client(self, peer: Peer) -> Client:
        """What is known of the client; its name becomes the peer's."""
        found = await self._clients.found(peer.address)
        peer.name = peer.name or found.name
        return found

    async def _hello(self, peer: Peer) -> tuple[Finding, ...]:
        async def look() -> tuple[Finding, ...]:
            await self._client(peer)
            seen = await hello.look_at(self._resolver, self._settings.hostname, peer, self._is_ours)
            return weighed(self._settings, seen)

        return await self._hellos.get((peer.address, peer.hello), look)

    async def _is_ours(self, domain: str) -> bool:
        async def look() -> bool:
            return await self._context.offload.look(lambda tx: lookup.is_local_domain(tx, domain))

        return await self._domains.get(domain, look)

    async def _proved(self, verdict: Verdict | None, content: Octets) -> list[Seen]:
        if verdict is None:
            return []
        author = verdict.header_from_domain
        sealer = forwarded.sealer(verdict, content, self._settings.trusted_sealers)
        return proof.seen(verdict, author_is_ours=bool(author) and await self._is_ours(author), sealer=sealer)

    def _is_suspicious(self, judgement: Judgement, verdict: Verdict | None) -> bool:
        """Whether a second attempt is worth waiting for. Who can be held to account need not make one."""
        limit = self._settings.greylist_score
        return limit is not None and judgement.score >= limit and not (verdict is not None and proof.is_proved(verdict))

    async def _greylisted(self, peer: Peer, envelope: Envelope, judgement: Judgement, *, for_show: bool) -> Judgement:
        asked = greylist.Asked.of(peer.address, envelope, int(time.time()), self._settings.greylist_delay)
        offload = self._context.offload
        if for_show:
            left = await offload.look(lambda tx: greylist.left(tx, asked))
        else:
            left = await offload.write(lambda tx: greylist.ask(tx, asked))
        if not left:
            return judgement
        text = f"A message like this from a stranger is taken at the second attempt; try again in {left} seconds"
        found = Finding(greylist.RULE, 0.0, text, Action.DEFER)
        return replace(
            judgement,
            findings=(*judgement.findings, found),
            action=Action.DEFER,
            rule=found.rule,
            text=text,
            reply=reply(Action.DEFER, found.rule, text),
        )


def _of_transaction(peer: Peer, envelope: Envelope) -> Sequence[Seen]:
    found = []
    if peer.talked_early:
        found.append(Seen("early_talker", "The client talked before its turn"))
    if envelope.sender is None and len(envelope.recipients) > 1:
        found.append(Seen("bounce_to_many", "A report of the mail system is for one recipient, and this has several"))
    return found
