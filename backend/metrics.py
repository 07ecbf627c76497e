"""What Prometheus may ask: counted from the database when it asks, so that every process answers alike."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.directory.models import Domain, User
from mailnode.directory.shared_owner import people
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.store.models import Blob, UserCounter

CONTENT_TYPE = CONTENT_TYPE_LATEST
COUNTED = (
    ("mailnode_domains", "Domains", select(func.count(Domain.id))),
    ("mailnode_users", "Users", select(func.count(User.id)).where(people())),
    ("mailnode_messages", "Messages in mailboxes", select(func.coalesce(func.sum(UserCounter.messages), 0))),
    ("mailnode_message_bytes", "Bytes counted against quotas", select(func.coalesce(func.sum(UserCounter.size), 0))),
    ("mailnode_stored_bytes", "Compressed bytes of all bodies", select(func.coalesce(func.sum(Blob.stored), 0))),
    ("mailnode_queue_messages", "Messages on their way out", select(func.count(QueueMessage.id))),
    ("mailnode_queue_recipients", "Recipients that still wait", select(func.count(QueueRecipient.id))),
)


def text(tx: Session) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry()
    for name, words, statement in COUNTED:
        Gauge(name, words, registry=registry).set(tx.scalar(statement) or 0)
    return generate_latest(registry)
