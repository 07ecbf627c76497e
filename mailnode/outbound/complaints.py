"""Complaints about what we sent (ARF): taken in from the domain's feedback address, kept, counted, acted on.

Anybody may write to that address, so a complaint counts only when it brings back the header of a message whose
author lives in the domain. Whoever has complained of abuse is not written to again (see `suppression`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailnode import log
from mailnode.directory import lookup
from mailnode.directory.models import Domain, User
from mailnode.errors import AliasLoop, ProtocolError, UnknownUser
from mailnode.message import feedback
from mailnode.message.feedback import Feedback
from mailnode.octets import Octets
from mailnode.outbound import suppression
from mailnode.outbound.models import Complaint

KEPT = 180 * 86_400  # seconds
UNWANTED = ("abuse", "fraud", "virus")
MAX_TEXT = 500
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
    user_id = _author(tx, domain_id, found.sender)
    if user_id is None:
        _log.info("no complaint", domain_id=domain_id, reason="the author is not ours", sender=found.sender)
        return False
    moment = int(now.timestamp())
    tx.add(_row(domain_id, user_id, found, moment))
    tx.flush()
    if found.recipient and found.kind in UNWANTED:
        words = f"Complaint ({found.kind}) by way of {found.reporter}"
        suppression.add(
            tx, domain_id, found.recipient, cause=suppression.COMPLAINT, now=moment, words=words, user_id=user_id
        )
    return True


def _author(tx: Session, domain_id: int, address: str) -> int | None:
    try:
        users = lookup.expand(tx, address).users if address else ()
    except (UnknownUser, AliasLoop):
        return None
    mine = select(User.id).where(User.id.in_([one.user_id for one in users]), User.domain_id == domain_id)
    return tx.scalar(mine.order_by(User.id).limit(1))


def _row(domain_id: int, user_id: int, found: Feedback, now: int) -> Complaint:
    return Complaint(
        domain_id=domain_id,
        user_id=user_id,
        kind=found.kind,
        recipient=found.recipient.lower(),
        sender=found.sender[:320],
        message_id=_storable(found.message_id),
        subject=_storable(found.subject),
        source_ip=found.source_ip,
        reporter=_storable(found.reporter),
        reported_at=now,
    )


def _storable(text: str) -> str:
    """Text that both engines take: PostgreSQL has no NUL, neither has lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:MAX_TEXT]


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
