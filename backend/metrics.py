"""What Prometheus may ask. What is there is counted from the database when it asks, so that all processes answer alike;
what happens is counted by all processes of this machine as it does (`mailnode.tally`).
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode import tally
from mailnode.database import utcnow
from mailnode.delivery.models import Quarantined
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
    ("mailnode_quarantined", "Messages that are kept back", select(func.count(Quarantined.id))),
    ("mailnode_queue_messages", "Messages on their way out", select(func.count(QueueMessage.id))),
    ("mailnode_queue_recipients", "Recipients that still wait", select(func.count(QueueRecipient.id))),
)
OLDEST = select(func.min(QueueMessage.created_at))


def text(tx: Session, data_dir: Path) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry()
    for name, words, statement in COUNTED:
        Gauge(name, words, registry=registry).set(tx.scalar(statement) or 0)
    oldest, now = tx.scalar(OLDEST), int(utcnow().timestamp())
    age = Gauge("mailnode_queue_oldest_seconds", "Age of the oldest message on its way out", registry=registry)
    age.set(0 if oldest is None else now - oldest)
    _happened(registry, tally.totals(data_dir))
    return generate_latest(registry)


def _happened(registry: CollectorRegistry, counts: tally.Names) -> None:
    """Events have a station in front of them, doors stand alone."""
    events = Counter("mailnode_events", "What the log has told", ["station", "event"], registry=registry)
    came = Counter("mailnode_connections", "Connections that have come in", ["door"], registry=registry)
    here = Gauge("mailnode_open_connections", "Connections that are open", ["door"], registry=registry)
    for name, value in counts.items():
        first, _, rest = name.partition(" ")
        if name.startswith(tally.NOW):
            here.labels(rest).set(value)
        elif rest:
            events.labels(first, rest).inc(value)
        else:
            came.labels(first).inc(value)
