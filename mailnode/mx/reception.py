"""What port 25 decides: the restriction list, who lives here, and delivery inside DATA.

- A recipient is resolved at RCPT, so that the sender hears at once of an unknown user or a full mailbox;
  `delivery` decides again when the message is there, in the transaction that keeps it. On SQLite it takes a user who
  was found within the last second (`recent`) at RCPT's word.
- ``250`` behind DATA means: committed, for everybody (RFC 5321 §6.1). Mail of trusted clients for other
  domains goes to the queue in the same transaction.
- A user who logs in here instead of on the submission port sends as their own addresses only.

RFC 5321 §3.6, §4.4, §6.1.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.context import Context
from mailnode.database import utcnow
from mailnode.delivery import deliver, quarantine
from mailnode.delivery.deliver import Mail
from mailnode.delivery.quarantine import Reason
from mailnode.directory import lookup, srs
from mailnode.directory.dialogue import Attempt
from mailnode.directory.lookup import LocalUser, RemoteDomain, Resolution
from mailnode.errors import MessageTooLarge, NotYourAddress
from mailnode.findings import Action
from mailnode.history.details import Act, Step
from mailnode.history.record import record
from mailnode.learning.judging import Known
from mailnode.message import headers
from mailnode.mx import told
from mailnode.mx.bounded import Bounded
from mailnode.mx.callout import Callout
from mailnode.mx.judged import Judged
from mailnode.mx.judgement import Judgement
from mailnode.mx.judging import Judge
from mailnode.mx.patience import Patience
from mailnode.mx.policy import Asked, Policy
from mailnode.mx.rates import RULE as RATES
from mailnode.mx.rates import Rates
from mailnode.mx.recent import Found, Recent
from mailnode.octets import Octets, with_head
from mailnode.outbound import admission
from mailnode.proto.address import Address
from mailnode.proto.replies import Reply
from mailnode.queue import envelope as queue
from mailnode.queue import spool
from mailnode.queue.outcome import Delivered, Ending, Failed
from mailnode.relay.route import Here, Router
from mailnode.settings import Settings
from mailnode.smtpd import binary, login, stamp
from mailnode.smtpd.answers import answer_to, queue_recipients
from mailnode.smtpd.reception import Envelope, Peer, Recipient
from mailnode.smtpd.refusal import refusal
from mailnode.smtpd.refusals import Refusal, Refusals
from mailnode.store.incoming import Incoming, incoming, staged, taken_in

INLINE = 1 << 18  # a message up to this size is parsed at once, a larger one on another thread

_log = log.get("mx")
_SENDER_OK = Reply(250, "2.1.0", "Sender accepted")


@dataclass(frozen=True, slots=True)
class _User:
    """Whose message it is, if anybody's here, and whether it may go elsewhere: anywhere, or to ``domains`` only."""

    id: int | None
    relays: bool
    domains: tuple[str, ...]

    def may_send_to(self, found: Resolution) -> bool:
        """True for an address that lives elsewhere and to which this message may go."""
        return isinstance(found, RemoteDomain) and (self.relays or found.name in self.domains)


class MxReception:
    """The door's decisions; one for all its connections."""

    def __init__(self, context: Context, refusals: Refusals | None = None) -> None:
        self.hostname = context.settings.hostname
        self.banner = context.settings.smtpd_banner
        self._context = context
        self._settings = context.settings
        resolver = Bounded(context.resolver)
        self._policy = Policy(context.settings, resolver)
        self._judge = Judge(context, self._policy, resolver)
        self._patience = Patience(context.settings)
        self._rates = Rates(context.settings.stranger_rates)
        self._recent = Recent()
        self._trusts_recent = context.offload.engine.dialect.name == "sqlite"
        here = Here.of(context.settings.hostname, context.settings.listen_smtp, context.settings.relay_port)
        self._callout = Callout(
            self.hostname, Router(context.resolver, here, context.settings.relay_port, context.settings.ipv6)
        )
        self._refusals = refusals or Refusals(context.offload)

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        return login.mechanisms(self._context, peer)

    async def on_connect(self, peer: Peer) -> Reply | None:
        """The DNS is asked about the peer meanwhile; nothing waits for it yet."""
        if self._policy.is_ours(peer):
            return None
        over = self._rates.refusal("connections", peer)
        if over is None:
            self._judge.expect(peer)
        else:
            _log.info("refused", rule=RATES, peer=peer.address, reply=str(over))
        return over

    def greeting_delay(self, peer: Peer) -> float:
        return 0.0 if self._policy.is_ours(peer) else self._patience.before_greeting(peer)

    async def on_login(self, peer: Peer, attempt: Attempt) -> Reply:
        return await login.log_in(self._context, peer, attempt)

    async def on_mail(self, peer: Peer, envelope: Envelope) -> Reply:
        user_id, sender = peer.user_id, envelope.sender
        if user_id is not None and sender is not None:
            owns = await self._context.offload.look(lambda tx: lookup.may_send_as(tx, user_id, sender.text))
            if not owns:
                self._refused(peer, envelope, "", refusal(NotYourAddress()), "sender")
                raise NotYourAddress
        if self._policy.is_ours(peer):
            return _SENDER_OK
        self._patience.behaved(peer)
        over = self._rates.refusal("messages", peer, envelope.reverse_path)
        if over is not None:
            self._refused(peer, envelope, "", over, RATES)
        return over or _SENDER_OK

    async def on_rcpt(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        address, sender = recipient.address.text, envelope.sender
        domain, size = sender.domain if sender else "", envelope.parameters.size or 0
        found = await self._found(address, domain, size, relays=self._policy.trusts(peer))
        own = lookup.at_host(address, self.hostname) if isinstance(found.who, RemoteDomain) else None
        if own is not None:
            recipient.address = Address(own, "")
            return await self.on_rcpt(peer, envelope, recipient)
        asked = Asked(peer, sender, recipient.address, found.sender_is_local, self._takes(recipient, found))
        verdict = await self._policy.check(asked)
        if verdict.reply is not None:
            self._refused(peer, envelope, address, verdict.reply, verdict.rule)
            return verdict.reply
        unwanted = await self._unwanted(peer, envelope, recipient)
        if unwanted is not None:
            rule, reply = unwanted
            self._refused(peer, envelope, address, reply, rule)
            return reply
        if found.ending is None:
            return await self._relayed(peer, envelope, recipient)
        reply = answer_to(found.ending, status="2.1.5", text="Recipient accepted")
        if not reply.positive:
            self._refused(peer, envelope, address, reply, "delivery")
        return reply

    async def _relayed(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> Reply:
        """For somebody elsewhere; of a domain whose backup MX we are, the better one is asked."""
        verify = self._settings.relay_verify and recipient.address.domain in self._settings.relay_domains
        refused = await self._callout.refusal(recipient.address) if verify else None
        if refused is not None:
            self._refused(peer, envelope, recipient.address.text, refused, "relay_verify")
        if refused is None:
            envelope.elsewhere += 1
        return refused or Reply(250, "2.1.5", "Recipient accepted for relay")

    def _takes(self, recipient: Recipient, found: Found) -> bool:
        """Whether anybody may write to this address by us: it lives here, or we are the backup MX of its domain."""
        return found.ending is not None or recipient.address.domain in self._settings.relay_domains

    async def _unwanted(self, peer: Peer, envelope: Envelope, recipient: Recipient) -> tuple[str, Reply] | None:
        """Whether a stranger may write to anybody: by what it is, and by how much it has brought already."""
        if self._policy.is_ours(peer):
            return None
        over = self._rates.refusal("recipients", peer, envelope.reverse_path)
        return (RATES, over) if over is not None else await self._judge.refusal(peer, recipient.address)

    async def _found(self, address: str, sender_domain: str, size: int, *, relays: bool) -> Found:
        key, now = (address, sender_domain), time.monotonic()
        found = self._recent.get(key, size, now)
        if found is None:
            found = await self._context.offload.look(lambda tx: _find(tx, address, sender_domain, size))
            self._recent.put(key, size, now, found, relays=relays)
        return found

    def _still_known(self, envelope: Envelope) -> dict[str, LocalUser | RemoteDomain]:
        """Whom the delivery need not look up again while it has the write lock, for which everybody waits. Where it may
        be for Junk, there is more to look up than who it is. Should a domain be ours since, the queue delivers here."""
        if not self._trusts_recent:
            return {}
        known: dict[str, LocalUser | RemoteDomain] = {}
        now = time.monotonic()
        domain = envelope.sender.domain if envelope.sender else ""
        for recipient in envelope.recipients:
            address = recipient.address.text
            found = self._recent.get((address, domain), 0, now)
            who = found.who if found is not None else None
            if isinstance(who, RemoteDomain) or (who is not None and not who.user.taught):
                known[address] = who
        return known

    async def on_data(self, peer: Peer, envelope: Envelope) -> Reply | None:
        refused = self._policy.early(peer)
        if refused is not None:
            self._refused(peer, envelope, "", refused, "reject_unauth_pipelining")
        return refused

    def on_fault(self, peer: Peer, envelope: Envelope, reply: Reply, fault: str) -> None:
        self._refused(peer, envelope, "", reply, fault)

    async def on_message(self, peer: Peer, envelope: Envelope, content: Octets) -> Reply:
        if headers.is_endless(content):
            self._refused(peer, envelope, "", refusal(MessageTooLarge(headers.TOO_LARGE)), MessageTooLarge.kind)
            raise MessageTooLarge(headers.TOO_LARGE)
        now, id_ = utcnow(), stamp.new_id()
        judged = await self._judge.judge(peer, envelope, content, id_)
        judgement = judged.judgement
        if judgement.reply is not None:
            self._refused(peer, envelope, "", judgement.reply, judgement.rule, id_, judged)
            return judgement.reply
        stamps = judged.fields + stamp.received(peer, envelope, by=self.hostname, id=id_, when=now)
        content = await binary.in_lines(self._context.offload, envelope, judged.content)
        passing = self._policy.is_ours(peer) and envelope.elsewhere == len(envelope.recipients)
        message = await self._parsed(with_head(content, stamps, 0), passing=passing)
        mail = self._mail(peer, envelope, judged, message, id_)
        recipients = judged.recipients(queue_recipients(envelope.recipients))
        if judgement.action is Action.QUARANTINE:
            ending = await self._keep_back(peer, mail, recipients, judgement)
        else:
            ending = await self._keep(peer, mail, recipients)
        reply = answer_to(ending, status="2.0.0", text=f"Stored as {id_}")
        if not reply.positive:
            self._refused(peer, envelope, "", reply, "delivery", id_, judged)
            return reply
        _log.info(
            "message stored",
            id=id_,
            peer=peer.address,
            sender=mail.sender,
            recipients=len(recipients),
            size=len(message.raw),
            **judged.words,
        )
        return reply

    def _mail(self, peer: Peer, envelope: Envelope, judged: Judged, message: Incoming, id_: str) -> Mail:
        given = envelope.parameters
        return Mail(
            envelope.reverse_path if judged.sender is None else judged.sender,
            message,
            given.envid,
            given.ret,
            given.smtputf8,
            "8BITMIME" if message.eight_bit else "7BIT",
            reporter=self.hostname,
            junk=judged.judgement.action is Action.JUNK,
            requiretls=given.requiretls,
            story=told.story(peer, envelope, judged, message, id_),
            users={} if judged.judgement.action is Action.JUNK else self._still_known(envelope),
            known=None if self._policy.is_ours(peer) else Known(message.raw, proved=judged.is_proved),
            user_id=peer.user_id,
        )

    async def _keep(self, peer: Peer, mail: Mail, recipients: Sequence[queue.Recipient]) -> Ending:
        user = _User(peer.user_id, self._policy.trusts(peer), self._settings.relay_domains)
        offload = self._context.offload
        return await offload.write(
            lambda tx: _keep(tx, mail, recipients, user), prepare=staged(offload.engine, mail.message)
        )

    async def _keep_back(
        self, peer: Peer, mail: Mail, recipients: Sequence[queue.Recipient], judgement: Judgement
    ) -> Ending:
        """Into the quarantine."""
        reason = Reason(peer.address, judgement.rule, judgement.text, judgement.score)
        settings, offload = self._settings, self._context.offload
        await offload.write(
            lambda tx: _quarantined(tx, mail, recipients, reason, settings),
            prepare=staged(offload.engine, mail.message),
        )
        return Delivered()

    async def _parsed(self, raw: Octets, *, passing: bool) -> Incoming:
        if len(raw) <= INLINE:
            return incoming(raw, passing=passing)
        offload = self._context.offload
        return await offload.labour(lambda: taken_in(offload.engine, raw, passing=passing))

    def _refused(
        self,
        peer: Peer,
        envelope: Envelope,
        recipient: str,
        reply: Reply,
        rule: str,
        id_: str = "",
        judged: Judged | None = None,
    ) -> None:
        """Told to the log and to the history. ``recipient`` "": it is about the whole message."""
        if recipient and not self._policy.is_ours(peer):
            self._patience.erred(peer)
        found = told.findings(judged) if judged else ()
        self._refusals.add(Refusal.of(peer, envelope, recipient, reply, rule, findings=found, trace=id_))
        _log.info(
            "refused",
            rule=rule,
            peer=peer.address,
            hello=peer.hello,
            sender=envelope.reverse_path,
            recipient=recipient,
            reply=str(reply),
            **({"id": id_, **judged.words} if judged else {}),
        )


def _quarantined(
    tx: Session, mail: Mail, recipients: Sequence[queue.Recipient], reason: Reason, settings: Settings
) -> None:
    days, most = settings.quarantine_days, settings.quarantine_size_limit
    number = quarantine.put(tx, mail, recipients, reason, utcnow(), days, most)
    assert mail.story is not None
    record(tx, mail.story, told.kept_back([one.address for one in recipients], reason.rule, reason.text, number))


def _find(tx: Session, address: str, sender_domain: str, size: int) -> Found:
    sender_is_local = bool(sender_domain) and lookup.is_local_domain(tx, sender_domain)
    found = lookup.resolve(tx, address)
    if isinstance(found, RemoteDomain):
        return Found(None, sender_is_local, found)
    if sender_domain and srs.is_rewritten(address):  # who knows one would write to whom it stands for through us
        return Found(Failed("5.7.1", "Only reports about mail are taken for this address"), sender_is_local)
    user = found if isinstance(found, LocalUser) else None
    return Found(deliver.check_found(tx, found, size), sender_is_local, user)


def _who(tx: Session, mail: Mail, address: str) -> Resolution:
    return mail.users.get(address) or lookup.resolve(tx, address)


def _admitted(tx: Session, mail: Mail, user: _User, elsewhere: Sequence[queue.Recipient], now: datetime) -> str | None:
    """What a user's message is held for, if it is; trusted clients are not counted.

    Raises SendingLimited, Suppressed.
    """
    if user.id is None:
        return None
    addresses = [one.address for one in elsewhere]
    return admission.admit(tx, user_id=user.id, elsewhere=addresses, hostname=mail.reporter, now=now)


def _keep(tx: Session, mail: Mail, recipients: Sequence[queue.Recipient], user: _User) -> Ending:
    """The whole envelope in one transaction. Anything but Delivered: nothing was kept."""
    now = utcnow()
    sends = user.relays or bool(user.domains)
    elsewhere = [one for one in recipients if user.may_send_to(_who(tx, mail, one.address))] if sends else []
    if elsewhere and mail.message.brief.hops >= deliver.MAX_HOPS:
        return Failed("5.4.6", "Too many hops")  # two that relay to each other (RFC 5321 §6.3)
    held_for = _admitted(tx, mail, user, elsewhere, now)
    if not elsewhere and not held_for:
        return deliver.accept(tx, mail, recipients, now)
    here = [one for one in recipients if one not in elsewhere and not held_for]
    steps: list[Step] = []
    endings = deliver.deliver_all(tx, mail, here, now, steps) if here else []
    # The queue reports about those here that could not be served, as about those elsewhere.
    late = [one for one, ending in zip(here, endings, strict=True) if not isinstance(ending, Delivered)]
    waiting = recipients if held_for else [*elsewhere, *late]
    queue_id = spool.enqueue(
        tx,
        sender=mail.sender,
        recipients=waiting,
        held_for=held_for,
        raw=mail.message,
        user_id=user.id,
        envid=mail.envid,
        ret=mail.ret,
        smtputf8=mail.smtputf8,
        body=mail.body,
        requiretls=mail.requiretls,
        sign=False,  # nobody has looked at the author here: DKIM is for the submission ports
        now=now,
    )
    steps += [Step(Act.HELD if held_for else Act.QUEUED, one.address, queue_id=queue_id) for one in waiting]
    if mail.story is not None:
        record(tx, mail.story, steps)
    return Delivered()
