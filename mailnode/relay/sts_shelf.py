"""The policies that were fetched, in the database: one fetch serves every process and outlives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict
from mailnode.relay.models import StsPolicy
from mailnode.relay.sts_policy import Policy, parse

OLD = 20  # policies fetched anew at once

_row = StsPolicy.__table__.c
_find = select(_row.policy_id, _row.text, _row.fetched_at, _row.expires_at).where(_row.domain == bindparam("name"))
_old = (
    select(_row.fetched_at, _row.domain)
    .where(_row.fetched_at < bindparam("before"), _row.expires_at > bindparam("now"))
    .where(tuple_(_row.fetched_at, _row.domain) > tuple_(bindparam("after_time"), bindparam("after_domain")))
    .order_by(_row.fetched_at, _row.domain)
    .limit(OLD)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy and its id. It holds until ``expires_at``, whatever the DNS says meanwhile (RFC 8461 §3.3)."""

    id: str
    policy: Policy
    fetched_at: int
    expires_at: int


class Fetched(NamedTuple):
    """When a domain's policy was fetched."""

    at: int
    domain: str


def find(tx: Session, domain: str) -> Kept | None:
    row = tx.connection().execute(_find, {"name": domain}).one_or_none()
    return Kept(row[0], parse(row[1].encode()), row[2], row[3]) if row else None


def put(tx: Session, domain: str, kept: Kept) -> None:
    """In place of what was there; every process may have fetched it at the same moment."""
    row = {
        "policy_id": kept.id,
        "text": "\n".join(kept.policy.lines()),
        "fetched_at": kept.fetched_at,
        "expires_at": kept.expires_at,
    }
    fresh = insert_on_conflict(tx, StsPolicy).values(domain=domain, **row)
    tx.connection().execute(fresh.on_conflict_do_update(index_elements=["domain"], set_=row))


def remove(tx: Session, now: int) -> None:
    """Forget what holds no more."""
    tx.connection().execute(delete(StsPolicy).where(_row.expires_at <= now))


def old(tx: Session, before: int, now: int, after: Fetched) -> list[Fetched]:
    """Policies that still hold and were fetched before a time, the oldest first, some of those behind ``after``."""
    values = {"before": before, "now": now, "after_time": after.at, "after_domain": after.domain}
    return [Fetched(*row) for row in tx.connection().execute(_old, values)]
