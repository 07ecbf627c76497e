"""Secrets of the installation, made at first use and shared by every process and machine on one database."""

from __future__ import annotations

import secrets

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from mailnode.database import Base, is_sqlite


class Secret(Base):
    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(100))


def secret(tx: Session, name: str) -> str:
    """The secret of this name: 43 random characters, the same for ever. Needs a writing transaction."""
    insert = sqlite.insert if is_sqlite(tx) else postgresql.insert
    fresh = insert(Secret).values(name=name, value=secrets.token_urlsafe(32))
    tx.execute(fresh.on_conflict_do_nothing())  # another process may be first
    return tx.scalars(select(Secret.value).where(Secret.name == name)).one()
