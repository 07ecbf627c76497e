"""The queue manager's write steps: claim, record ends, deliver here, report, warn.

Each is one step for `Offload.write`: all of it happens or nothing. An end and its report are in one
step, so that a sender never hears twice of one failure, nor of none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from mailnode.delivery.deliver import Mail, deliver_all
from mailnode.directory import lookup
from mailnode.history.details import Step
from mailnode.outbound import complaints, counts, freezes, suppression
from mailnode.queue import delays, spool, told
from mailnode.queue.busy import NOTHING, Busy
from mailnode.queue.envelope import Claim, ClaimedRecipient, Ended, Envelope, Recipient
from mailnode.queue.outcome import Deferred, Delivered, Failed
from mailnode.queue.report import Reporter, is_wanted, report_ended
from mailnode.queue.spool import in_time

WARNINGS = 100  # recipients of one step


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought: for hosts elsewhere, and for mailboxes here."""

    elsewhere: tuple[Claim, ...]
    here: tuple[Claim, ...]


def claim(tx: Session, owner: str, now: datetime, *, limit: int, lease: int, busy: Busy = NOTHING) -> Claimed:
    """Lease what is due, and tell who lives here."""
    claims = spool.claim(tx, owner, now, limit=limit, lease=lease, busy=busy)
    claims = freezes.without_frozen(tx, claims, now)
    local = {name for name in {one.destination for one in claims} if _is_local(tx, name)}
    return Claimed(
        tuple(one for one in claims if one.destination not in local),
        tuple(one for one in claims if one.destination in local),
    )


def _is_local(tx: Session, destination: str) -> bool:
    return not destination or lookup.is_local_domain(tx, destination)


def take_over(tx: Session, owner: str, sent: Sequence[int], now: datetime) -> int:
    """After a death: ``sent`` are recipients whose host has answered; the other leases are free again."""
    spool.remove(tx, sent)
    return spool.take_over(tx, owner, now)


def is_told(envelope: Envelope, ended: Ended) -> bool:
    """True where the sender is to hear of this end. Of a delay `warn` tells, in its time."""
    if isinstance(ended.outcome, Deferred):
        return False
    return is_wanted(envelope.sender, ended.recipient.notify, ended.outcome)


def settle(tx: Session, owner: str, ended: Sequence[tuple[Envelope, Ended]], now: datetime) -> None:
    """Record ends of attempts elsewhere of which no sender is told."""
    told.attempts(tx, ended)
    suppression.learn(tx, ended, now)
    spool.finish(tx, owner, [one for _, one in ended], now)


def settle_and_report(tx: Session, owner: str, reporter: Reporter, envelope: Envelope, ended: Sequence[Ended]) -> None:
    """Record the ends of one message's recipients elsewhere and tell the sender.

    Of recipients that somebody has removed meanwhile, or another process has ended, nothing is told.
    """
    pairs = [(envelope, one) for one in ended]
    told.attempts(tx, pairs)
    suppression.learn(tx, pairs, reporter.now)
    _settle(tx, owner, reporter, envelope, ended)


def _settle(tx: Session, owner: str, reporter: Reporter, envelope: Envelope, ended: Sequence[Ended]) -> None:
    present = spool.present(tx, [one.recipient.id for one in ended])
    wanted = [one for one in ended if one.recipient.id in present and is_told(envelope, one)]
    for kind in (Failed, Delivered):
        report_ended(tx, reporter, envelope, [one for one in wanted if isinstance(one.outcome, kind)])
    spool.finish(tx, owner, ended, reporter.now)


def deliver_here(tx: Session, owner: str, reporter: Reporter, claim: Claim, mail: Mail) -> list[Ended]:
    """Deliver into mailboxes here, once: the delivery and its end are one transaction.

    Recipients whose lease was lost and whom another process has ended meanwhile are left out.
    """
    present = spool.present(tx, [one.id for one in claim.recipients])
    mine = [one for one in claim.recipients if one.id in present]
    steps: list[Step] = []
    endings = deliver_all(tx, mail, [_as_given(one) for one in mine], reporter.now, steps)
    ended = [in_time(one, ending, reporter.now) for one, ending in zip(mine, endings, strict=True)]
    told.deliveries(tx, claim.envelope, steps, ended)
    _settle(tx, owner, reporter, claim.envelope, ended)
    return ended


def warn(tx: Session, reporter: Reporter) -> int:
    """Tell senders of what waits for long; gives how many recipients that were."""
    claims = delays.unwarned(tx, reporter.now, WARNINGS)
    for one in claims:
        late = [Ended(recipient, _last_words(recipient)) for recipient in one.recipients]
        sender = one.envelope.sender
        wanted = [ended for ended in late if is_wanted(sender, ended.recipient.notify, ended.outcome)]
        report_ended(tx, reporter, one.envelope, wanted)
    ids = [recipient.id for one in claims for recipient in one.recipients]
    delays.mark_warned(tx, ids)
    return len(ids)


def sweep(tx: Session, now: datetime, lease: int) -> None:
    """Remove what is empty, call back what has gone astray in time, and forget what counts no more."""
    moment = int(now.timestamp())
    spool.sweep(tx)
    spool.call_back(tx, now, lease)
    counts.sweep(tx, moment)
    freezes.sweep(tx, moment)
    suppression.sweep(tx, moment)
    complaints.sweep(tx, moment)


def without_report(ended: Sequence[Ended]) -> list[Ended]:
    """For when a report could not be made: a failure waits for another try, a success stands."""
    return [
        Ended(one.recipient, Deferred("4.3.0", one.outcome.text, one.outcome.remote))
        if isinstance(one.outcome, Failed)
        else one
        for one in ended
    ]


def _as_given(recipient: ClaimedRecipient) -> Recipient:
    return Recipient(recipient.address, recipient.notify, recipient.orcpt)


def _last_words(recipient: ClaimedRecipient) -> Deferred:
    """What the last attempt said, as the spool kept it."""
    return Deferred(recipient.last_status or "4.0.0", recipient.last_text)
