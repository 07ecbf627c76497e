"""Local delivery: one message into the mailboxes of its recipients, each with an Outcome.

Runs inside the caller's transaction, so that "250" can mean what it says: the message is safe before
anyone is told that it was accepted (RFC 5321 §6.1). `check` asks beforehand, `deliver` is one
recipient and one step, `deliver_all` follows aliases to their end, `accept` is a whole envelope with
one answer.

Whatever the number of recipients, the body is stored once; what differs from one to the next, the
trace fields of final delivery, stands in front of it. Nobody gets a message twice because two
recipients of one envelope lead to the same mailbox.

The sender stays the same through an alias, which is no mailing list (RFC 5321 §3.9.1), but for a stranger's mail
that is forwarded to another host: in the name of the alias' domain (`directory.srs`), which seals it (RFC 8617).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from mailnode.database import utcnow
from mailnode.delivery import steps
from mailnode.directory import lookup, srs
from mailnode.directory.lookup import AliasTo, LocalUser, NoSuchUser, RemoteDomain, Resolution, Service, UserRow
from mailnode.errors import AliasLoop, NoSuchMailbox, OverQuota, TooManyMailboxes, UnknownUser
from mailnode.history.details import Step
from mailnode.history.record import Opening, Story, record
from mailnode.learning import judging
from mailnode.learning.judging import Known
from mailnode.message import headers, trace
from mailnode.outbound import complaints
from mailnode.queue import spool
from mailnode.queue.envelope import Deadline, Recipient
from mailnode.queue.outcome import Deferred, Delivered, Ending, Expanded, Failed, Outcome
from mailnode.queue.report import Reported, Reporter, Told, is_wanted, report
from mailnode.queue.told import report_step
from mailnode.reports import intake
from mailnode.store import mailboxes, messages, quota
from mailnode.store.incoming import Incoming, incoming

LOOKED_AT = 20  # targets of an alias that say whether it can be delivered to, as long as one of them can
AT_ONCE = 200  # users behind one alias who are delivered to in the transaction; the queue serves the others
MAX_HOPS = 100  # "normally at least 100 Received entries", RFC 5321 §6.3
_NOBODY = Failed("5.1.1", "No such user here")
_INBOX: tuple[int | str, str] = (mailboxes.INBOX, mailboxes.INBOX)  # its key and its name
_BEING_CHANGED = Deferred("4.2.0", "The mailbox is being changed; please try again")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that has arrived, Received field and all. ``sender`` "" is the null reverse-path.

    ``reporter`` is the host's name, for reports of success (NOTIFY=SUCCESS); "": the caller reports. ``junk``: it goes
    to each recipient's Junk mailbox. ``known``: users' own filters are asked about it, and may know better.
    ``story`` is for the history; None: the caller tells. ``sign``: the author is one of ours, and DKIM may say so.
    ``users``: who is meant by some of the addresses, asked a moment ago. ``user_id``: who of ours has sent it, None for
    mail from outside, whomever an alias sends it on for.
    """

    sender: str
    message: Incoming = field(repr=False)
    envid: str | None = None
    ret: str | None = None
    smtputf8: bool = False
    body: str = "7BIT"
    reporter: str = ""
    junk: bool = False
    requiretls: bool = False
    deadline: Deadline | None = None
    sign: bool = field(default=False, kw_only=True)
    story: Story | Opening | None = field(default=None, repr=False, kw_only=True)
    known: Known | None = field(default=None, repr=False, kw_only=True)
    users: Mapping[str, LocalUser | RemoteDomain] = field(default_factory=dict, repr=False, kw_only=True)
    user_id: int | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, sender: str, raw: bytes) -> Mail:
        """Parses and hashes: call it before the transaction begins."""
        return cls(sender, incoming(raw))


def check(tx: Session, address: str, size: int = 0) -> Ending:
    """What would become of a message of ``size`` bytes: for the answer to RCPT. Writes nothing.

    An alias is as good as the best of its targets.
    """
    return check_found(tx, lookup.resolve(tx, address), size)


def check_found(tx: Session, found: Resolution, size: int = 0) -> Ending:
    """`check` for an address that is resolved already."""
    match found:
        case LocalUser(user):
            return _room(tx, user, size)
        case AliasTo(_, address):
            try:
                some = _check_targets(tx, address, size, enough=LOOKED_AT)
                return some if isinstance(some, Delivered) else _check_targets(tx, address, size)
            except AliasLoop as loop:
                return Failed(loop.status, loop.public)
        case RemoteDomain(name):
            return _not_ours(name)
        case Service():
            return Delivered()
        case NoSuchUser():
            return _NOBODY


def _check_targets(tx: Session, alias: str, size: int, *, enough: int | None = None) -> Ending:
    expansion = lookup.expand(tx, alias, enough=enough)
    if expansion.remote:
        return Delivered()
    rooms = [_room(tx, target.user, size) for target in expansion.users]
    return best(rooms) if rooms else _NOBODY


def deliver(
    tx: Session, mail: Mail, recipient: str, done: dict[int, Ending] | None = None, told: list[Step] | None = None
) -> Outcome:
    """One recipient, one step. An alias comes back as Expanded. ``done`` remembers who has the message already."""
    ending: Ending
    match mail.users.get(recipient) or lookup.resolve(tx, recipient):
        case LocalUser(user):
            ending = _once(tx, mail, user, {} if done is None else done)
            if told is not None:
                told.append(steps.at_user(recipient, user, ending))
            return ending
        case AliasTo(targets):
            return Expanded(targets)
        case RemoteDomain(name):
            ending = _not_ours(name)
        case Service(name, domain_id):
            ending = _taken_for(tx, mail, name, domain_id)
        case NoSuchUser():
            ending = _NOBODY
    if told is not None:
        told.append(steps.at_nobody(recipient, ending))
    return ending


def _taken_for(tx: Session, mail: Mail, service: str, domain_id: int) -> Ending:
    if service == lookup.FEEDBACK:
        complaints.take_in(tx, domain_id, mail.message.raw, utcnow())
    elif not intake.put(tx, domain_id, mail.message):
        return Deferred("4.3.1", "Too many reports about this domain wait to be read")
    return Delivered(text="Taken for the domain's reports")


def deliver_all(
    tx: Session, mail: Mail, recipients: Sequence[Recipient], now: datetime, told: list[Step] | None = None
) -> list[Ending]:
    """Deliver to each recipient and to all that they stand for; one Ending each, in their order.

    Targets elsewhere are put into the queue in the same transaction, each once. ``told`` takes the steps, for the
    history.
    """
    told = [] if told is None else told
    impossible = _impossible(mail, now)
    if impossible is not None:
        told += [steps.at_nobody(one.address, impossible) for one in recipients]
        return [impossible] * len(recipients)
    run = _Run(tx, mail, told)
    endings = [run.deliver(recipient) for recipient in recipients]
    run.enqueue(now)
    told += _report(tx, mail, zip(recipients, endings, strict=True), now)
    return endings


def _impossible(mail: Mail, now: datetime) -> Failed | None:
    """Why nobody at all can get the message."""
    if mail.message.digest.hops >= MAX_HOPS:
        return Failed("5.4.6", "Too many hops")
    if mail.deadline and mail.deadline.left(int(now.timestamp())).missed:
        return Failed("5.4.7", "The time by which it was to be delivered is over")
    return None


def accept(tx: Session, mail: Mail, recipients: Sequence[Recipient], now: datetime) -> Ending:
    """A whole envelope with one answer, as the end of DATA needs it (RFC 5321 §6.1).

    Delivered: everybody is served, or waits in the queue, which retries and bounces for itself.
    Deferred or Failed: nothing was kept for anybody, and the sender still has the message.
    """
    told: list[Step] = []
    endings = deliver_all(tx, mail, recipients, now, told)
    verdict = best(endings)
    if isinstance(verdict, Delivered):
        late = [one for one, ending in zip(recipients, endings, strict=True) if not isinstance(ending, Delivered)]
        if late:
            queue_id = _enqueue(tx, mail, late, now)
            told += [steps.queued(one.address, queue_id) for one in late]
        if mail.story is not None:
            record(tx, mail.story, told)
    return verdict


def best(endings: Sequence[Ending]) -> Ending:
    """The kindest of several: Delivered before Deferred before Failed."""
    for kind in (Delivered, Deferred):
        for ending in endings:
            if isinstance(ending, kind):
                return ending
    return endings[0]


class _Run:
    """One message on its way to many; remembers who has it already, and who waits for it in the queue."""

    def __init__(self, tx: Session, mail: Mail, told: list[Step]) -> None:
        self.tx = tx
        self.mail = mail
        self.told = told
        self.done: dict[int, Ending] = {}  # by user
        self.waiting: dict[str, Recipient] = {}  # by address
        self.aliases: dict[str, str] = {}  # through which an address came to wait
        self.elsewhere: set[str] = set()  # those of them who do not live here
        self.later: dict[int, Recipient] = {}  # users for whom there was no time, by id

    def deliver(self, recipient: Recipient) -> Ending:
        outcome = deliver(self.tx, self.mail, recipient.address, self.done, self.told)
        return self._to_targets(recipient) if isinstance(outcome, Expanded) else outcome

    def _to_targets(self, alias: Recipient) -> Ending:
        """An alias: delivered when anybody behind it was; others then wait in the queue by their own names."""
        try:
            expansion = lookup.expand(self.tx, alias.address)
        except (AliasLoop, UnknownUser) as error:
            return self._to_nobody(alias, Failed(error.status, error.public))
        users = [target.user for target in expansion.users]
        here = {user.address: self._to_user(alias, user) for user in users[:AT_ONCE]}
        self.later |= {user.id: replace(alias, address=user.address) for user in users[AT_ONCE:]}
        endings = [*here.values(), *(Delivered() for _ in (*expansion.remote, *users[AT_ONCE:]))]
        if not endings:
            return self._to_nobody(alias, _NOBODY)
        verdict = best(endings)
        if not isinstance(verdict, Delivered):
            return verdict
        late = [address for address, ending in here.items() if not isinstance(ending, Delivered)]
        self.elsewhere.update(expansion.remote)
        for address in (*expansion.remote, *late):
            self.waiting.setdefault(address, replace(alias, address=address))
        for address in (*expansion.remote, *late, *(user.address for user in users[AT_ONCE:])):
            self.aliases.setdefault(address, alias.address)
        # The sender's wishes travel along, so those behind the alias report (RFC 3461 §5.2.7).
        return replace(verdict, reports=bool(expansion.remote or late or users[AT_ONCE:]))

    def _to_user(self, alias: Recipient, user: UserRow) -> Ending:
        ending = _once(self.tx, self.mail, user, self.done)
        self.told.append(steps.at_user(alias.address, user, ending))
        return ending

    def _to_nobody(self, alias: Recipient, ending: Failed) -> Failed:
        self.told.append(steps.at_nobody(alias.address, ending))
        return ending

    def enqueue(self, now: datetime) -> None:
        """Let the queue go on with those whom nobody could serve."""
        if not (self.waiting or self.later):
            return
        by_forwarder: dict[str, list[Recipient]] = {}
        for one in self._unserved():
            by_forwarder.setdefault(self._forwarder(one.address), []).append(one)
        for forwarder, some in by_forwarder.items():
            mail = self.mail
            if forwarder:
                mail = replace(mail, sender=srs.forwarded(self.tx, mail.sender, forwarder))
            queue_id = _enqueue(self.tx, mail, some, now, forwarder)
            self.told += [steps.forwarded(self.aliases[one.address], one.address, queue_id) for one in some]

    def _forwarder(self, address: str) -> str:
        """The alias' domain, in whose name a stranger's mail goes on, since we may send for it; "" for other mail."""
        if address not in self.elsewhere or lookup.is_local_domain(self.tx, self.mail.sender.rpartition("@")[2]):
            return ""
        return self.aliases[address].rpartition("@")[2]

    def _unserved(self) -> list[Recipient]:
        """Who waits in the queue; users who got the message by another address do not."""
        later = {one.address: one for user_id, one in self.later.items() if user_id not in self.done}
        return list({**later, **self.waiting}.values())


def _report(tx: Session, mail: Mail, endings: Iterable[tuple[Recipient, Ending]], now: datetime) -> list[Step]:
    """Tell the sender of success where that is wanted (RFC 3461 §5.2.3)."""
    told = [
        Told(recipient, ending)
        for recipient, ending in endings
        if isinstance(ending, Delivered) and is_wanted(mail.sender, recipient.notify, ending)
    ]
    if told and mail.reporter:
        message = Reported(mail.sender, mail.message.raw, int(now.timestamp()), mail.envid, mail.ret, mail.requiretls)
        queue_id = report(tx, Reporter(mail.reporter, now), message, told)
        if queue_id is not None:
            return [report_step(one.recipient.address, one.outcome, queue_id) for one in told]
    return []


def _once(tx: Session, mail: Mail, user: UserRow, done: dict[int, Ending]) -> Ending:
    if user.id not in done:
        done[user.id] = _into_mailbox(tx, mail, user)
    return done[user.id]


def _into_mailbox(tx: Session, mail: Mail, user: UserRow) -> Ending:
    if user.disabled:
        return Failed("5.2.1", "Mailbox disabled")  # RFC 3463 §3.3
    if trace.names_recipient(mail.message.digest.delivered_to, user.address):
        # A forwarding elsewhere has brought the message back to where it was.  RFC 9228 §4
        return Failed("5.4.6", f"Loop: already delivered to {user.address}")
    # Final delivery: the envelope sender becomes a field.  RFC 5321 §4.4
    prefix = trace.at_final_delivery(mail.sender, user.address)
    junk, why = mail.junk, None
    if user.taught and mail.known is not None:
        junk, why = judging.is_junk(tx, user.id, mail.known, mail.junk)
    mailbox, name = _INBOX
    try:
        if junk:
            mailbox, name = _junk_mailbox(tx, user.id)
        messages.put(tx, user.id, mailbox, mail.message, prefix)
    except NoSuchMailbox:  # the user has gone since we asked, or the mailbox for junk
        return _NOBODY if mailbox == mailboxes.INBOX else _BEING_CHANGED
    except OverQuota as full:
        return _full(user, full, len(prefix) + len(mail.message.raw))
    kept = _kept_in(name)
    return replace(kept, finding=why) if why else kept


@lru_cache(64)
def _kept_in(mailbox: str) -> Delivered:
    return Delivered(text="Delivered to the mailbox", mailbox=mailbox)


def _junk_mailbox(tx: Session, user_id: int) -> tuple[int | str, str]:
    """Its key and name, by its special use (RFC 6154), made when it is missing; INBOX where it cannot be."""
    try:
        found = mailboxes.by_special_use(tx, user_id, "\\Junk")
    except TooManyMailboxes:
        return _INBOX
    return (found.id, found.name) if found.selectable else _INBOX


def is_flagged(message: Incoming) -> bool:
    """Whether the door has marked the message as junk: it may have waited in the queue since then."""
    return (headers.get(message.digest.head, b"X-Spam-Flag") or b"").strip().upper() == b"YES"


def _room(tx: Session, user: UserRow, size: int) -> Ending:
    if user.disabled:
        return Failed("5.2.1", "Mailbox disabled")
    try:
        if _limited(user):
            quota.require_room(tx, user.id, size)
    except OverQuota as full:
        return _full(user, full, size)
    return Delivered()


def _full(user: UserRow, full: OverQuota, size: int) -> Deferred | Failed:
    """The user may make room, so it is temporary; but not for what is larger than all the room there is."""
    if user.quota.bytes is not None and size > user.quota.bytes:
        return Failed("5.2.2", full.public)
    return Deferred(full.status, full.public)


def _not_ours(domain: str) -> Failed:
    return Failed("5.7.1", f"Relaying to {domain} denied")


def _limited(user: UserRow) -> bool:
    return user.quota.bytes is not None or user.quota.messages is not None


def _enqueue(tx: Session, mail: Mail, recipients: Sequence[Recipient], now: datetime, alias: str | None = None) -> int:
    """What one of ours has sent waits as theirs, so that a freeze holds it. ``alias``: it goes to whom an alias stands
    for, in the name of this domain, or "" in its sender's."""
    return spool.enqueue(
        tx,
        sender=mail.sender,
        recipients=recipients,
        raw=mail.message,
        user_id=mail.user_id,
        envid=mail.envid,
        ret=mail.ret,
        smtputf8=mail.smtputf8,
        body=mail.body,
        sign=mail.sign,
        sealed_by=alias or "",
        behind_alias=alias is not None,
        requiretls=mail.requiretls,
        deadline=mail.deadline,
        now=now,
    )
