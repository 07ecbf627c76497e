"""What a delivery report says, as the reader shows it: in plain words, with the message that it is about."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.identifiers import message_id
from backend.reasons import reason_document
from mailnode.message import bounce
from mailnode.message.bounce import Reported
from mailnode.message.bounce_reasons import reason_of
from mailnode.message.structure import Part
from mailnode.octets import Octets
from mailnode.store.models import Entry, Message


def document(tx: Session, user_id: int, raw: Octets, root: Part, language: str) -> dict[str, object] | None:
    """None for what is no report. ``about`` is the id of the user's own copy, None where there is none (any more)."""
    found = bounce.read(raw, root)
    if found is None:
        return None
    recipients = [_recipient(one, language) for one in found.recipients]
    return {"about": _own(tx, user_id, found.message_id), "recipients": recipients}


def _recipient(one: Reported, language: str) -> dict[str, object]:
    bad = one.action in ("failed", "delayed")
    return {
        "address": one.address,
        "action": one.action,
        "status": one.status,
        "text": one.words,
        "reason": reason_document(reason_of(one.status, one.words), language) if bad else None,
    }


def _own(tx: Session, user_id: int, named: str) -> str | None:
    """Where the user keeps the message of this Message-ID."""
    if not named:
        return None
    query = (
        select(Entry.mailbox_id, Entry.uid)
        .join(Message, Message.id == Entry.message_id)
        .where(Message.user_id == user_id, Message.message_id == named, Entry.user_id == user_id)
        .limit(1)
    )
    row = tx.execute(query).first()
    return message_id(row.mailbox_id, row.uid) if row else None
