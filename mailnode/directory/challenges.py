"""Solved challenges are good for one registration; here stands which ones have been spent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict
from mailnode.directory.models import SpentChallenge
from mailnode.errors import CaptchaFailed


def spend(tx: Session, token: str, expires_at: datetime, now: datetime) -> None:
    """Use the challenge up. Raises CaptchaFailed when it was used before."""
    tx.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < now))
    mine = insert_on_conflict(tx, SpentChallenge).values(token=token, expires_at=expires_at)
    if tx.execute(mine.on_conflict_do_nothing().returning(SpentChallenge.token)).first() is None:
        raise CaptchaFailed
