"""Solved challenges are good for one registration; here stands which ones have been spent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from mailnode.database import is_sqlite
from mailnode.directory.models import SpentChallenge
from mailnode.errors import CaptchaFailed


def spend(tx: Session, token: str, expires_at: datetime, now: datetime) -> None:
    """Use the challenge up. Raises CaptchaFailed when it was used before."""
    tx.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < now))
    insert = sqlite.insert if is_sqlite(tx) else postgresql.insert
    mine = insert(SpentChallenge).values(token=token, expires_at=expires_at).on_conflict_do_nothing()
    if tx.execute(mine.returning(SpentChallenge.token)).first() is None:
        raise CaptchaFailed
