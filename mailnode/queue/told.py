"""What the queue tells the history: attempts and how they ended, reports to senders, and orders of people.

What waits for those behind an alias is told without the user who has sent it: who sees what they have sent is not to
see whom the alias stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from mailnode.history.details import Act, Step, What
from mailnode.history.record import MAX_TEXT, Story, record, record_many
from mailnode.queue.envelope import Ended, Envelope
from mailnode.queue.models import QueueMessage, QueueRecipient
from mailnode.queue.outcome import Deferred, Delivered, Ending, Failed, TlsLevel, Way

MOST_ORDERED = 1000  # recipients of one order that are told of one by one
_shown_to = case((QueueMessage.behind_alias, None), else_=QueueMessage.user_id)


def attempts(tx: Session, ended: Iterable[tuple[Envelope, Ended]]) -> None:
    """Attempts to bring messages to hosts elsewhere: one row for each message."""
    groups: dict[int, tuple[Envelope, list[Step]]] = {}
    for envelope, one in ended:
        groups.setdefault(envelope.id, (envelope, []))[1].append(attempt(one))
    record_many(tx, ((_story(What.ATTEMPTED, envelope), steps) for envelope, steps in groups.values()))


def deliveries(tx: Session, envelope: Envelope, steps: Sequence[Step], ended: Sequence[Ended]) -> None:
    """A delivery into mailboxes here: its own steps, and those for whom it was the last attempt."""
    given_up = [attempt(one) for one in ended if isinstance(one.outcome, Failed) and one.outcome.status == "4.4.7"]
    if steps or given_up:
        record(tx, _story(What.DELIVERED, envelope), [*steps, *given_up])


def reported(tx: Session, envelope: Envelope, ended: Sequence[Ended], queue_id: int | None) -> None:
    """The sender is told of these ends by a message with this queue id; None: no report could be made."""
    if queue_id is not None:
        steps = [report_step(one.recipient.address, one.outcome, queue_id) for one in ended]
        record(tx, _story(What.REPORTED, envelope), steps)


def report_step(recipient: str, outcome: Ending, queue_id: int) -> Step:
    match outcome:
        case Failed():
            act = Act.BOUNCED
        case Deferred():
            act = Act.WARNED
        case Delivered():
            act = Act.CONFIRMED
    return Step(act, recipient, queue_id=queue_id, status=outcome.status)


def ordered(tx: Session, act: Act, conditions: Sequence[ColumnElement[bool]]) -> None:
    """Somebody does this to recipients that wait. Call it before it is done."""
    rows = tx.connection().execute(
        select(QueueRecipient.message_id, QueueRecipient.address, QueueMessage.sender, _shown_to)
        .join_from(QueueRecipient, QueueMessage, QueueMessage.id == QueueRecipient.message_id)
        .where(*conditions)
        .order_by(QueueRecipient.message_id)
        .limit(MOST_ORDERED)
    )
    groups: dict[int, tuple[Story, list[Step]]] = {}
    for message_id, address, sender, user_id in rows:
        story = Story(What.HANDLED, sender, queue_id=message_id, user_id=user_id or 0)
        groups.setdefault(message_id, (story, []))[1].append(Step(act, address))
    record_many(tx, groups.values())


def _story(what: What, envelope: Envelope) -> Story:
    user_id = 0 if envelope.behind_alias else envelope.user_id or 0
    return Story(what, envelope.sender, queue_id=envelope.id, user_id=user_id)


def attempt(ended: Ended) -> Step:
    """One recipient of one attempt."""
    outcome = ended.outcome
    act = {Delivered: Act.SENT, Deferred: Act.DEFERRED, Failed: Act.FAILED}[type(outcome)]
    return Step(
        act,
        ended.recipient.address,
        status=outcome.status,
        text=outcome.text[:MAX_TEXT],
        host=_host(outcome.way, outcome.remote),
        tls=_tls(outcome.way),
    )


def _host(way: Way | None, remote: str) -> str:
    if way is None:
        return remote
    return way.host if way.address in way.host else f"{way.host} [{way.address}]"


def _tls(way: Way | None) -> str:
    """The level, then version and cipher; "" in clear."""
    return "" if way is None or way.level is TlsLevel.NONE else f"{way.level} {way.tls}".rstrip()
