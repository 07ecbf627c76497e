"""What a user has chosen in a client: one small JSON document that the server keeps and never reads."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from mailnode.database import Base
from mailnode.directory.models import Id

MAX_SIZE = 8192  # characters of JSON


class UserPreference(Base):
    __tablename__ = "user_preference"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    document: Mapped[str] = mapped_column(Text)


def load(tx: Session, user_id: int) -> str:
    """The document as JSON; ``{}`` when nothing was ever saved."""
    found = tx.get(UserPreference, user_id)
    return found.document if found else "{}"


def save(tx: Session, user_id: int, document: str) -> None:
    tx.merge(UserPreference(user_id=user_id, document=document))
