"""Complaints about what we sent (ARF): taken in from the domain's feedback address, kept, counted, acted on.

Anybody may write to that address, so a complaint counts only when the history knows the message: sent by a user of the
domain, and to whoever complains. Whoever has complained of abuse is not written to again (see `suppression`), where the
complaint brings the proof that this recipient alone was sent (see `feedback_id`): else the author, or another
recipient, could keep a whole domain from writing to somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.database import storable
from mailnode.directory.models import Domain, User
from mailnode.errors import ProtocolError
from mailnode.history import finding, keys
from mailnode.history.finding import Row
from mailnode.message import feedback
from mailnode.message.feedback import Feedback
from mailnode.octets import Octets
from mailnode.outbound import feedback_id, suppression
from mailnode.outbound.models import Complaint

KEPT = 180 * 86_400  # seconds
UNWANTED = ("abuse", "fraud", "virus")
MAX_TEXT = 500
MOST_ROWS = 50  # of the history of one message that are looked at
_log = log.get("outbound")


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint; ``user`` is whose message it was, "" where that user is gone."""

    id: int
    domain: str
    user: str
    kind: str
    recipient: str
    sender: str
    message_id: str
    subject: str
    source_ip: str
    reporter: str
    reported_at: datetime


def take_in(tx: Session, domain_id: int, raw: Octets, now: datetime) -> bool:
    """Keep the complaint in a message to the domain's feedback address; False for what is none of ours."""
    try:
        found = feedback.read(raw)
    except ProtocolError as error:
        _log.info("no complaint", domain_id=domain_id, reason=str(error))
        return False
    sent = _sent(tx, domain_id, found.message_id)
    if not sent:
        _log.info("no complaint", domain_id=domain_id, reason="we have sent no such message", sender=found.sender)
        return False
    user_id, moment = sent[0].user_id, int(now.timestamp())
    tx.add(_row(domain_id, user_id, found, moment))
    tx.flush()
    if found.kind in UNWANTED and _has_got(sent, found.recipient) and feedback_id.proves(feedback_id.key_of(tx), found):
        words = f"Complaint ({found.kind}) by way of {storable(found.reporter)[:MAX_TEXT]}"
        suppression.add(
            tx, domain_id, found.recipient, cause=suppression.COMPLAINT, now=moment, words=words, user_id=user_id
        )
    return True


def _sent(tx: Session, domain_id: int, message_id: str) -> list[Row]:
    """What the history has of the message, where a user of the domain has sent it."""
    if not message_id:
        return []
    found = finding.find(tx, keys.message_id(message_id), most=MOST_ROWS)
    mine = select(User.id).where(User.id.in_({row.user_id for row in found}), User.domain_id == domain_id)
    ours = set(tx.scalars(mine))
    return [row for row in found if row.user_id in ours and row.detail.message_id == message_id]


def _has_got(sent: Sequence[Row], address: str) -> bool:
    named = {one.lower() for row in sent for step in row.detail.steps for one in (step.recipient, step.target)}
    return bool(address) and address.lower() in named


def _row(domain_id: int, user_id: int, found: Feedback, now: int) -> Complaint:
    return Complaint(
        domain_id=domain_id,
        user_id=user_id,
        kind=found.kind,
        recipient=storable(found.recipient.lower())[:320],
        sender=storable(found.sender)[:320],
        message_id=storable(found.message_id)[:MAX_TEXT],
        subject=storable(found.subject)[:MAX_TEXT],
        source_ip=storable(found.source_ip)[:64],
        reporter=storable(found.reporter)[:MAX_TEXT],
        reported_at=now,
    )


def rows(
    tx: Session, *, domains: Sequence[str] | None = None, before: int | None = None, limit: int = 100
) -> list[Complained]:
    """The latest first, those with ids below ``before``; about all our domains, or these."""
    query = (
        select(Complaint, Domain.name, User.address)
        .join(Domain, Domain.id == Complaint.domain_id)
        .outerjoin(User, User.id == Complaint.user_id)
    )
    if domains is not None:
        query = query.where(Domain.name.in_(domains))
    if before is not None:
        query = query.where(Complaint.id < before)
    found = tx.execute(query.order_by(Complaint.id.desc()).limit(limit))
    return [_shown(one, domain, user or "") for one, domain, user in found]


def counts(tx: Session, since: int, *, domains: Sequence[str] | None = None) -> list[tuple[str, int]]:
    """Users about whose messages somebody complained since then, and how often; the most first."""
    number = func.count(Complaint.id)
    query = (
        select(User.address, number)
        .join(Complaint, Complaint.user_id == User.id)
        .join(Domain, Domain.id == Complaint.domain_id)
        .where(Complaint.reported_at >= since, Complaint.kind != "not-spam")
    )
    if domains is not None:
        query = query.where(Domain.name.in_(domains))
    found = tx.execute(query.group_by(User.address).order_by(number.desc(), User.address).limit(1000))
    return [(address, int(count)) for address, count in found]


def sweep(tx: Session, now: int) -> None:
    """Forget what is old."""
    tx.connection().execute(delete(Complaint).where(Complaint.reported_at <= now - KEPT))


def _shown(one: Complaint, domain: str, user: str) -> Complained:
    return Complained(
        one.id,
        domain,
        user,
        one.kind,
        one.recipient,
        one.sender,
        one.message_id,
        one.subject,
        one.source_ip,
        one.reporter,
        datetime.fromtimestamp(one.reported_at, UTC),
    )
