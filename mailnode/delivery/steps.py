"""What a delivery tells the history: one step for each mailbox, and for each address that the queue goes on with."""

from __future__ import annotations

from mailnode.directory.lookup import UserRow
from mailnode.history.details import Act, Step
from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed


def at_user(recipient: str, user: UserRow, ending: Ending) -> Step:
    """For a user's mailbox; ``recipient`` is the address by which the message came."""
    target = user.address if user.address != recipient.lower() else ""
    if isinstance(ending, Delivered):
        kept = Step(Act.KEPT, recipient, user.id, ending.mailbox, target)
        return kept._replace(rule=ending.finding.rule, text=ending.finding.text) if ending.finding else kept
    return _not_kept(ending, recipient, user.id, target)


def at_nobody(recipient: str, ending: Ending) -> Step:
    """For an address that led to no mailbox: nobody's, or one of the system's own."""
    if isinstance(ending, Delivered):
        return Step(Act.ARRIVED, recipient, text=ending.text)
    return _not_kept(ending, recipient)


def _not_kept(ending: Deferred | Failed, recipient: str, user_id: int = 0, target: str = "") -> Step:
    act = Act.DEFERRED if isinstance(ending, Deferred) else Act.FAILED
    return Step(act, recipient, user_id, target=target, status=ending.status, text=ending.text)


def queued(recipient: str, queue_id: int) -> Step:
    """The queue goes on with this recipient of the envelope."""
    return Step(Act.QUEUED, recipient, queue_id=queue_id)


def forwarded(recipient: str, target: str, queue_id: int) -> Step:
    """The queue goes on with an address that a recipient stands for."""
    return Step(Act.FORWARDED, recipient, target=target, queue_id=queue_id)
