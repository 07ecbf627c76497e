"""Ann, Bob and Root of example.com, and ways to send as one of them without a door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.directory import edit
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store import bodies, mailboxes
from mailnode.submission import accept
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
LETTER = b"From: ann@example.com\r\nSubject: x\r\n\r\nHello\r\n"


def people(store: Store) -> dict[str, int]:
    """Their ids; Root is a system administrator."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        made = {}
        for name, language in (("ann", "en"), ("bob", "zh-CN"), ("root", "")):
            address = f"{name}@example.com"
            user = edit.create_user(tx, address, password_hash="x", administrator=name == "root", language=language)
            mailboxes.create_defaults(tx, user.id)
            made[name] = user.id
        return made


def send(tx: Session, store: Store, user_id: int, recipients: int | Sequence[str] = 1, **more: object) -> None:
    """One message of Ann's to so many strangers, or to these."""
    if isinstance(recipients, int):
        recipients = [f"r{number}@remote.example" for number in range(recipients)]
    values = {"sender": "ann@example.com", "raw": LETTER, "now": NOW} | more
    accept.accept(tx, store.settings, user_id=user_id, recipients=recipients, **values)  # type: ignore[arg-type]


def states(tx: Session, user_id: int) -> list[tuple[str, str | None]]:
    """State and freeze of everything that waits of the user's."""
    query = select(QueueRecipient.state, QueueRecipient.held_for).join(
        QueueMessage, QueueMessage.id == QueueRecipient.message_id
    )
    return [tuple(row) for row in tx.execute(query.where(QueueMessage.user_id == user_id))]  # type: ignore[misc]


def notices(tx: Session) -> dict[str, str]:
    """What the system has written to whom, by address."""
    found = tx.execute(
        select(QueueRecipient.address, QueueMessage.blob_id)
        .join(QueueMessage, QueueMessage.id == QueueRecipient.message_id)
        .where(QueueMessage.sender == "")
    )
    return {address: _read(bodies.read(tx, blob_id)) for address, blob_id in found}


def _read(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=default)
    return f"{message['subject']}\n\n{message.get_content()}"
