"""Whose the mailbox of a message is: the caller's, or somebody's who lets the caller read it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend.access import caller
from mailnode.errors import NoSuchMailbox, NoSuchMessage
from mailnode.store import access


def owner_of(tx: Session, mailbox_id: int) -> int:
    """Raises NoSuchMessage where there is no such mailbox or none that the caller may know of, else NoRight."""
    try:
        return access.by_id(tx, caller(), mailbox_id, "r").owner_id
    except NoSuchMailbox as error:
        raise NoSuchMessage from error
