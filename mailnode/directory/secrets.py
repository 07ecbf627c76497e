"""Secrets of the installation, made at first use and shared by every process and machine on one database."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.database import insert_on_conflict
from mailnode.directory.models import Secret


def secret(tx: Session, name: str) -> str:
    """The secret of this name: 43 random characters, the same for ever. Needs a writing transaction."""
    fresh = insert_on_conflict(tx, Secret).values(name=name, value=secrets.token_urlsafe(32))
    tx.execute(fresh.on_conflict_do_nothing())
    return tx.scalars(select(Secret.value).where(Secret.name == name)).one()
