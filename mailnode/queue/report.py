"""Reports to the sender: not delivered, delayed, delivered (RFC 3461, RFC 3464).

A report is made in the transaction that records what it reports, so that each end is reported once.
It has the null sender, wants no report about itself, and goes into the queue like any mail, wherever
the sender lives. Nothing is ever reported to the null sender (RFC 5321 §6.1).

What the sender wants: failure and delay unless NOTIFY says otherwise (RFC 3461 §4.1), success only
when NOTIFY asks for it. A host that speaks DSN reports success itself (§5.2.2).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from mailnode import log
from mailnode.errors import ProtocolError, StoreDamaged
from mailnode.message import dsn
from mailnode.octets import Octets
from mailnode.proto.dsn_params import Notify
from mailnode.queue import spool
from mailnode.queue import told as history
from mailnode.queue.envelope import Ended, Envelope, Recipient
from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed
from mailnode.store import bodies

USUAL = Notify(failure=True, delay=True)  # what is wanted where NOTIFY says nothing
NEVER = Notify()

_log = log.get("queue")


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and when."""

    hostname: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """The message that is reported about. ``arrived`` in seconds since the epoch."""

    sender: str
    original: Octets = field(repr=False)
    arrived: int
    envid: str | None = None
    ret: str | None = None
    requiretls: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient of it. ``retry_until``, in seconds since the epoch, is for the delayed."""

    recipient: Recipient
    outcome: Ending
    retry_until: int | None = None


def is_wanted(sender: str, notify: Notify | None, outcome: Ending) -> bool:
    """True where the sender is to hear of this."""
    if not sender:
        return False
    wanted = notify or USUAL
    match outcome:
        case Failed():
            return wanted.failure
        case Delivered(reports=reports):
            return wanted.success and not reports
        case Deferred():
            return wanted.delay


def report(tx: Session, reporter: Reporter, message: Reported, told: Sequence[Told]) -> int | None:
    """Enqueue one report about all of ``told``, whose outcomes are of one kind and wanted; gives its queue id.

    None: what there was to tell makes no message.
    """
    failed = isinstance(told[0].outcome, Failed)
    values = dsn.Report(
        reporter=reporter.hostname,
        to=message.sender,
        recipients=tuple(_lines(one, reporter.now) for one in told),
        original=message.original,
        now=reporter.now,
        message_id=f"{secrets.token_hex(12)}@{reporter.hostname}",
        arrived=_time(message.arrived),
        envelope_id=message.envid,
        # RFC 3461 §4.3: RET is about failures. RFC 8689 §5: what needs TLS is not sent back whole.
        whole=failed and message.ret != "HDRS" and not message.requiretls,
    )
    try:
        raw = dsn.report(values)
    except ProtocolError as error:
        _log.warning("no report", sender=message.sender, error=str(error))
        return None
    return spool.enqueue(
        tx,
        sender="",
        recipients=[Recipient(message.sender, NEVER)],
        raw=raw,
        smtputf8=not message.sender.isascii(),
        body="8BITMIME",
        sign=True,
        requiretls=message.requiretls,
        now=reporter.now,
    )


def report_ended(tx: Session, reporter: Reporter, envelope: Envelope, ended: Sequence[Ended]) -> None:
    """`report` on recipients of a queued message, whose outcomes are of one kind and wanted; on none, nothing."""
    if not ended:
        return
    try:
        original = bodies.read(tx, envelope.blob_id)
    except StoreDamaged:  # no reason to keep silent
        original = b""
    message = Reported(
        envelope.sender, original, envelope.created_at, envelope.envid, envelope.ret, envelope.requiretls
    )
    queue_id = report(tx, reporter, message, [_told(one) for one in ended])
    history.reported(tx, envelope, ended, queue_id)


def _told(ended: Ended) -> Told:
    one, late = ended.recipient, isinstance(ended.outcome, Deferred)
    return Told(Recipient(one.address, one.notify, one.orcpt), ended.outcome, one.expires_at if late else None)


def _lines(told: Told, now: datetime) -> dsn.Recipient:
    recipient, outcome = told.recipient, told.outcome
    return dsn.Recipient(
        address=recipient.address,
        action=_action(outcome),
        status=outcome.status,
        original=str(recipient.orcpt) if recipient.orcpt else None,
        remote=outcome.remote or None,
        words=outcome.text or None,
        last_attempt=now,
        will_retry_until=_time(told.retry_until) if told.retry_until else None,
    )


def _action(outcome: Ending) -> dsn.Action:
    match outcome:
        case Failed():
            return "failed"
        case Deferred():
            return "delayed"
        case Delivered(remote=remote):
            return "relayed" if remote else "delivered"  # relayed: to a host without DSN


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
