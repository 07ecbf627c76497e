"""Rows of message lists, as documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from backend.identifiers import message_id
from mailnode.message.addresses import Address
from mailnode.store import listing
from mailnode.store.flags import Flags
from mailnode.store.listing import ListRow

MAX_SHOWN = 20  # recipients of a row; the message itself has all


def row(found: ListRow) -> dict[str, object]:
    """The document of one row."""
    return {
        "id": message_id(found.mailbox_id, found.uid),
        "mailbox_id": found.mailbox_id,
        "uid": found.uid,
        "modseq": found.modseq,
        "conversation": found.conversation or None,
        "from": sender(found.sender),
        "to": recipients(found.recipients),
        "subject": found.subject,
        "preview": found.preview,
        "date": moment(found.sent_at) if found.sent_at is not None else None,
        "received_at": moment(found.internal_date),
        "size": found.size,
        "flags": list(Flags(found.flags, found.keywords)),
        "has_attachments": found.has_attachment,
    }


def rows_of(tx: Session, user_id: int, mailbox_id: int, uids: Sequence[int]) -> list[dict[str, object]]:
    """The documents of these messages, in the order asked for; missing ones are left out."""
    return [row(found) for found in listing.by_uids(tx, user_id, mailbox_id, uids)]


def moment(seconds: int) -> str:
    """A time of the store as RFC 3339, in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):  # a Date field may claim any year
        return "1970-01-01T00:00:00Z"


def shown(one: Address) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def sender(text: str) -> list[dict[str, str]]:
    """The one author that the store keeps as ``Name <address>`` or a bare address."""
    name, bracket, address = text.rpartition(" <")
    if bracket and address.endswith(">"):
        return [{"name": name, "address": address[:-1]}]
    return [{"name": "", "address": text}] if text else []


def recipients(text: str, most: int = MAX_SHOWN) -> list[dict[str, str]]:
    """The list that the store keeps joined by commas, taken apart; a name may hold a comma itself."""
    found: list[dict[str, str]] = []
    begun = ""
    for piece in text.split(", ", most * 4):
        begun = f"{begun}, {piece}" if begun else piece
        if begun.endswith(">") or ("@" in piece and " " not in piece):
            found += sender(begun)
            begun = ""
        if len(found) == most:
            return found
    return found + sender(begun)
