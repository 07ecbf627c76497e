"""The shelf of proofs: put there by whoever orders a certificate, read by every web process (RFC 8555 §8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailnode.acme.models import AcmeChallenge
from mailnode.database import utcnow

LIFETIME = timedelta(hours=1)


def put(tx: Session, proofs: Mapping[str, str], *, now: datetime) -> None:
    """Show these answers, by token, for an hour; what is older goes."""
    tx.execute(delete(AcmeChallenge).where(AcmeChallenge.expires_at <= now))
    for token, answer in proofs.items():
        tx.merge(AcmeChallenge(token=token, answer=answer, expires_at=now + LIFETIME))
    tx.flush()


def withdraw(tx: Session, proofs: Mapping[str, str]) -> None:
    """The authority has seen them."""
    tx.execute(delete(AcmeChallenge).where(AcmeChallenge.token.in_(list(proofs))))


def answer(tx: Session, token: str) -> str | None:
    """The key authorization that belongs to a token; None where nobody has asked for one."""
    found = select(AcmeChallenge.answer).where(AcmeChallenge.token == token, AcmeChallenge.expires_at > utcnow())
    return tx.scalar(found)
