"""Reports to the sender: not delivered, delayed, delivered (RFC 3461, RFC 3464).

Everything here runs in the transaction that records what it reports, so that each end is reported
once. A report has the null sender and goes into the sender's mailbox or the queue like any mail.
Nothing is ever reported to the null sender (RFC 5321 §6.1), and a report that cannot be delivered
ends in the log.

What the sender wants: failure and delay unless NOTIFY says otherwise (RFC 3461 §4.1), success only
when NOTIFY asks for it. A host that speaks DSN reports success itself (§5.2.2).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.delivery.deliver import Ending, Mail, deliver_all
from mailnode.directory import lookup
from mailnode.directory.lookup import RemoteDomain
from mailnode.errors import ProtocolError, StoreDamaged
from mailnode.message import dsn
from mailnode.proto.dsn_params import Notify
from mailnode.queue import spool
from mailnode.queue.envelope import ClaimedRecipient, Ended, Envelope, Recipient
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.store import bodies

USUAL = Notify(failure=True, delay=True)  # what is wanted where NOTIFY says nothing
NEVER = Notify()

_log = log.get("bounce")


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and when."""

    hostname: str
    now: datetime


def is_wanted(envelope: Envelope, ended: Ended) -> bool:
    """True where the end is to be reported to the sender."""
    if not envelope.sender:
        return False
    notify = ended.recipient.notify or USUAL
    match ended.outcome:
        case Failed():
            return notify.failure
        case Delivered(reports=reports):
            return notify.success and not reports
        case Deferred():
            return notify.delay and not ended.recipient.warned


def report(tx: Session, reporter: Reporter, envelope: Envelope, ended: Sequence[Ended]) -> None:
    """One report about all of ``ended`` that the sender wants to hear of. ``ended`` has one kind of outcome."""
    wanted = [one for one in ended if is_wanted(envelope, one)]
    if not wanted:
        return
    failed = isinstance(wanted[0].outcome, Failed)
    values = dsn.Report(
        reporter=reporter.hostname,
        to=envelope.sender,
        recipients=tuple(_told(one, reporter.now) for one in wanted),
        original=_original(tx, envelope),
        now=reporter.now,
        message_id=f"{secrets.token_hex(12)}@{reporter.hostname}",
        arrived=_time(envelope.created_at),
        envelope_id=envelope.envid,
        whole=failed and envelope.ret != "HDRS",  # RFC 3461 §4.3: RET is about failures
    )
    try:
        raw = dsn.report(values)
    except ProtocolError as error:
        _log.warning("no report", queue_id=envelope.id, sender=envelope.sender, error=str(error))
        return
    _to_sender(tx, envelope, raw, reporter.now)


def _original(tx: Session, envelope: Envelope) -> bytes:
    """The message; b"" where its body is damaged, which is no reason to keep silent."""
    try:
        return bodies.read(tx, envelope.blob_id)
    except StoreDamaged:
        return b""


def _told(ended: Ended, now: datetime) -> dsn.Recipient:
    recipient, outcome = ended.recipient, ended.outcome
    words = outcome.text or None
    return dsn.Recipient(
        address=recipient.address,
        action=_action(outcome),
        status=outcome.status,
        original=str(recipient.orcpt) if recipient.orcpt else None,
        remote=outcome.remote or None,
        words=words,
        last_attempt=now,
        will_retry_until=_time(recipient.expires_at) if isinstance(outcome, Deferred) else None,
    )


def _action(outcome: Ending) -> dsn.Action:
    match outcome:
        case Failed():
            return "failed"
        case Deferred():
            return "delayed"
        case Delivered(remote=remote):
            return "relayed" if remote else "delivered"  # relayed: to a host without DSN


def _to_sender(tx: Session, envelope: Envelope, raw: bytes, now: datetime) -> None:
    to = Recipient(envelope.sender, NEVER)
    if isinstance(lookup.resolve(tx, envelope.sender), RemoteDomain):
        wide = not envelope.sender.isascii()
        spool.enqueue(tx, sender="", recipients=[to], raw=raw, smtputf8=wide, body="8BITMIME", sign=True, now=now)
        return
    [ending] = deliver_all(tx, Mail.of("", raw), [to], now)
    if isinstance(ending, Deferred):
        spool.enqueue(tx, sender="", recipients=[to], raw=raw, body="8BITMIME", now=now)
    elif isinstance(ending, Failed):
        _log.warning("report undeliverable", queue_id=envelope.id, sender=envelope.sender, reason=ending.text)


def last_words(recipient: ClaimedRecipient) -> Deferred:
    """What the last attempt said, as the spool kept it."""
    return Deferred(recipient.last_status or "4.0.0", recipient.last_text)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
