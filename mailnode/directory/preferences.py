"""What a user has chosen in a client: one small JSON document that the server keeps and never reads."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailnode.directory.models import UserPreference

MAX_SIZE = 8192  # characters of JSON


def load(tx: Session, user_id: int) -> str:
    """The document as JSON; ``{}`` when nothing was ever saved."""
    found = tx.get(UserPreference, user_id)
    return found.document if found else "{}"


def save(tx: Session, user_id: int, document: str) -> None:
    tx.merge(UserPreference(user_id=user_id, document=document))
