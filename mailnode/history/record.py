"""Write what happened: one row, in the transaction of what it tells about.

The hot path of port 25 ends here; see `models` for why there is no index to keep.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from mailnode.database import pending, storable
from mailnode.findings import Finding
from mailnode.history import details, keys
from mailnode.history.details import NOBODY, Arrival, Step, What
from mailnode.prepared import Rows, marks

MAX_STEPS = 1000  # of one row; an envelope has as many recipients at most
MAX_TEXT = 500  # characters kept of what others said
AT_ONCE = 50  # rows of one statement
COLUMNS = ("at", "what", "trace", "queue_id", "user_id", "sender", "keys", "detail")
Row = tuple[object, ...]
_add_all = Rows(f"INSERT INTO history ({', '.join(COLUMNS)})", marks(COLUMNS), at_once=AT_ONCE).insert


class Story(NamedTuple):
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


class Opening:
    """A story made ready to be kept: what needs no transaction is done before it."""

    __slots__ = ("_keys", "_known", "_rest", "_what")

    def __init__(self, story: Story) -> None:
        self._what = int(story.what)
        self._known = (story.trace, story.queue_id, story.user_id, storable(story.sender))
        self._keys = b"".join(_keys(story))
        self._rest = details.written(story.message_id[:MAX_TEXT], story.size, story.arrival, story.findings)

    def row(self, steps: Sequence[Step], now: int) -> Row:
        """The values of `COLUMNS`."""
        if len(steps) > MAX_STEPS:
            steps = steps[:MAX_STEPS]
        found = self._keys + b"".join([_keys_of_step(step) for step in steps])
        if self._what == What.REFUSED:
            found = _among_refusals(found)
        return now, self._what, *self._known, found, details.with_steps(steps, self._rest)


def record(tx: Session, story: Story | Opening, steps: Sequence[Step]) -> None:
    """One row, with those of the other messages of its transaction."""
    opening = story if isinstance(story, Opening) else Opening(story)
    conn, row, owed = tx.connection(), opening.row(steps, int(time.time())), pending(tx)
    if owed.gathers:
        owed.gathered(_add_all, conn).append(row)
    else:
        _add_all(conn, [row])


def record_many(tx: Session, told: Iterable[tuple[Story, Sequence[Step]]]) -> None:
    """Many rows at once."""
    now = int(time.time())
    _add_all(tx.connection(), [Opening(story).row(steps, now) for story, steps in told])


def _keys(story: Story) -> Iterator[bytes]:
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


def _keys_of_step(step: Step) -> bytes:
    found = _keys_of_person(step.recipient, step.target, step.user_id)
    if step.queue_id:
        found += keys.queued(step.queue_id)
    if step.quarantine_id:
        found += keys.quarantined(step.quarantine_id)
    return found


@lru_cache(4096)
def _keys_of_person(recipient: str, target: str, user_id: int) -> bytes:
    named = [one for one in (recipient, target) if one]
    found = [*map(keys.address, named), *map(keys.domain, named)]
    return b"".join([*found, keys.user(user_id)] if user_id else found)


def _among_refusals(found: bytes) -> bytes:
    """The keys again, for those who ask for refusals only."""
    each = dict.fromkeys(found[at : at + keys.SIZE] for at in range(0, len(found), keys.SIZE))
    return b"".join([*each, keys.refused(), *map(keys.refused, each)])
