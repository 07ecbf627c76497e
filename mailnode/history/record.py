"""Write what happened: one row, in the transaction of what it tells about.

The hot path of port 25 ends here; see `models` for why there is no index to keep.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from mailnode.findings import Finding
from mailnode.history import details, keys
from mailnode.history.details import NOBODY, Arrival, Step, What
from mailnode.history.models import History
from mailnode.prepared import Prepared

MAX_STEPS = 1000  # of one row; an envelope has as many recipients at most
MAX_TEXT = 500  # characters kept of what others said
_add = Prepared(insert(History), "at", "what", "trace", "queue_id", "user_id", "sender", "keys", "detail")


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a message before its steps. ``user_id`` is who of ours sent it; ids that are not there are 0."""

    what: What
    sender: str = ""
    trace: str = ""
    queue_id: int = 0
    user_id: int = 0
    message_id: str = ""
    size: int = 0
    arrival: Arrival = NOBODY
    findings: tuple[Finding, ...] = ()


def record(tx: Session, story: Story, steps: Sequence[Step]) -> None:
    """One row."""
    _add.run(tx.connection(), _row(story, steps, int(time.time())))


def record_many(tx: Session, told: Iterable[tuple[Story, Sequence[Step]]]) -> None:
    """Many rows at once."""
    now = int(time.time())
    rows = [_row(story, steps, now) for story, steps in told]
    if rows:
        _add.many(tx.connection(), rows)


def _row(story: Story, steps: Sequence[Step], now: int) -> dict[str, object]:
    steps = steps if len(steps) <= MAX_STEPS else steps[:MAX_STEPS]
    return {
        "at": now,
        "what": int(story.what),
        "trace": story.trace,
        "queue_id": story.queue_id,
        "user_id": story.user_id,
        "sender": _storable(story.sender),
        "keys": keys.packed(_keys(story, steps)),
        "detail": details.written(steps, story.message_id[:MAX_TEXT], story.size, story.arrival, story.findings),
    }


def _keys(story: Story, steps: Sequence[Step]) -> Iterator[bytes]:
    if story.what == What.REFUSED:
        plain = list(dict.fromkeys(_plain_keys(story, steps)))
        yield from plain
        yield keys.refused()
        yield from map(keys.refused, plain)
        return
    yield from _plain_keys(story, steps)


def _plain_keys(story: Story, steps: Sequence[Step]) -> Iterator[bytes]:
    if story.trace:
        yield keys.trace(story.trace)
    if story.queue_id:
        yield keys.queued(story.queue_id)
    if story.message_id:
        yield keys.message_id(story.message_id)
    yield keys.address(story.sender)
    if story.user_id:
        yield keys.user(story.user_id)
        yield keys.domain(story.sender)
    for step in steps:
        if step.recipient:
            yield keys.address(step.recipient)
            yield keys.domain(step.recipient)
        if step.target:
            yield keys.address(step.target)
            yield keys.domain(step.target)
        if step.user_id:
            yield keys.user(step.user_id)
        if step.queue_id:
            yield keys.queued(step.queue_id)
        if step.quarantine_id:
            yield keys.quarantined(step.quarantine_id)


def _storable(text: str) -> str:
    """Text that both engines take: PostgreSQL has no NUL, neither has lone surrogates."""
    return text if text.isprintable() else text.replace("\x00", "").encode("utf-8", "replace").decode()
