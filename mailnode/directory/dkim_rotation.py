"""New DKIM keys in place of old ones, without a moment in which signatures cannot be verified (RFC 6376 §3.1).

A key is ``coming`` from when it is made until the DNS has its record, which people enter; nothing is signed with it
so far. Then it is ``active``, and those of its algorithm before it are ``retired``: they sign no more, but their
records stay for `STAYS`, because what they have signed may wait in queues or be verified late. Then they go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from mailnode.directory import domains
from mailnode.directory.models import DkimKey, Domain
from mailnode.senderauth import dkim_keys
from mailnode.senderauth.dkim_keys import Algorithm

COMING, ACTIVE, RETIRED = "coming", "active", "retired"
STAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A coming key. ``value`` is what the TXT record at ``name`` is to say."""

    id: int
    domain: str
    algorithm: str
    name: str
    value: str


def begin(tx: Session, name: str, keys: Iterable[tuple[Algorithm, str]], now: datetime) -> list[str]:
    """Keys, as (algorithm, PEM), that are to replace the domain's; the selectors whose records are to be entered.

    Where keys are coming already these are told, and no others are made. Raises NoSuchDomain.
    """
    of = domains.locked(tx, name)
    return coming(tx, of) or [
        domains.add_dkim_key(tx, of, algorithm, pem, now, state=COMING).selector for algorithm, pem in keys
    ]


def coming(tx: Session, of: Domain) -> list[str]:
    """The selectors of the domain whose records the DNS is to have before they sign."""
    query = select(DkimKey.selector).where(DkimKey.domain_id == of.id, DkimKey.state == COMING)
    return list(tx.scalars(query.order_by(DkimKey.id)))


def due(tx: Session, older_than: datetime) -> list[str]:
    """Domains that sign with a key from before this moment, and for which no other is coming."""
    other = aliased(DkimKey)
    query = (
        select(Domain.name)
        .join(DkimKey, DkimKey.domain_id == Domain.id)
        .where(DkimKey.state == ACTIVE, DkimKey.created_at < older_than)
        .where(~exists().where(other.domain_id == Domain.id, other.state == COMING))
    )
    return list(tx.scalars(query.distinct().order_by(Domain.name)))


def awaited(tx: Session) -> list[Awaited]:
    """All coming keys."""
    query = select(DkimKey, Domain.name).join(Domain, Domain.id == DkimKey.domain_id).where(DkimKey.state == COMING)
    return [
        Awaited(
            key.id,
            domain,
            key.algorithm,
            f"{key.selector}._domainkey.{domain}",
            dkim_keys.txt_value(key.private_key),
        )
        for key, domain in tx.execute(query.order_by(DkimKey.id)).all()
    ]


def switch(tx: Session, key_id: int, now: datetime) -> None:
    """Sign with a coming key from now on; does nothing when it came already."""
    key = tx.get(DkimKey, key_id, with_for_update=True, populate_existing=True)
    if key is None or key.state != COMING:
        return
    before = (DkimKey.domain_id == key.domain_id, DkimKey.algorithm == key.algorithm, DkimKey.state == ACTIVE)
    tx.execute(update(DkimKey).where(*before).values(state=RETIRED, retired_at=now))
    key.state = ACTIVE
    tx.flush()


def drop(tx: Session, now: datetime) -> int:
    """Forget the keys whose records are no longer needed; how many they were."""
    gone = tx.connection().execute(delete(DkimKey).where(DkimKey.state == RETIRED, DkimKey.retired_at < now - STAYS))
    return int(gone.rowcount)


def published(tx: Session, name: str) -> Sequence[DkimKey]:
    """The keys whose records the DNS should have: those that sign, RSA first, coming and retired ones. Raises
    NoSuchDomain."""
    of = domains.domain(tx, name)
    query = select(DkimKey).where(DkimKey.domain_id == of.id)
    return tx.scalars(query.order_by(DkimKey.state, DkimKey.algorithm.desc(), DkimKey.id)).all()
