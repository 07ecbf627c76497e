"""Write what happened: one row, in the transaction of what it tells about.

The hot path of port 25 ends here; see `models` for why there is no index to keep.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from mailnode.database import pending, storable
from mailnode.findings import Finding
from mailnode.history import details, keys
from mailnode.history.details import NOBODY, Arrival, Step, What
from mailnode.history.models import History
from mailnode.prepared import Prepared

MAX_STEPS = 1000  # of one row; an envelope has as many recipients at most
MAX_TEXT = 500  # characters kept of what others said
AT_ONCE = 50  # rows of one statement
COLUMNS = ("at", "what", "trace", "queue_id", "user_id", "sender", "keys", "detail")
_add = Prepared(insert(History), *COLUMNS)


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


class Opening:
    """A story made ready to be kept: what needs no transaction is done before it."""

    __slots__ = ("_keys", "_rest", "_row", "_story")

    def __init__(self, story: Story) -> None:
        self._story = story
        self._keys = b"".join(_keys(story))
        self._rest = details.written(story.message_id[:MAX_TEXT], story.size, story.arrival, story.findings)
        self._row = {
            "what": int(story.what),
            "trace": story.trace,
            "queue_id": story.queue_id,
            "user_id": story.user_id,
            "sender": storable(story.sender),
        }

    def row(self, steps: Sequence[Step], now: int) -> dict[str, object]:
        """The columns."""
        if len(steps) > MAX_STEPS:
            steps = steps[:MAX_STEPS]
        found = self._keys + b"".join([_keys_of_step(step) for step in steps])
        if self._story.what == What.REFUSED:
            found = _among_refusals(found)
        return {**self._row, "at": now, "keys": found, "detail": details.with_steps(steps, self._rest)}


def record(tx: Session, story: Story | Opening, steps: Sequence[Step]) -> None:
    """One row, with those of the other messages of its transaction."""
    opening = story if isinstance(story, Opening) else Opening(story)
    conn, row, owed = tx.connection(), opening.row(steps, int(time.time())), pending(tx)
    if owed.gathers:
        owed.gathered(_add_all, conn).append(row)
    else:
        _add.run(conn, row)


def _add_all(conn: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """One statement for many rows gives the interpreter and the database's attention away once."""
    for at in range(0, len(rows), AT_ONCE):
        some = rows[at : at + AT_ONCE]
        values = {f"{name}_{number}": row[name] for number, row in enumerate(some) for name in COLUMNS}
        _adding(len(some)).run(conn, values)


@lru_cache(AT_ONCE)
def _adding(rows: int) -> Prepared:
    named = ", ".join(f"({', '.join(f':{name}_{number}' for name in COLUMNS)})" for number in range(rows))
    return Prepared(text(f"INSERT INTO history ({', '.join(COLUMNS)}) VALUES {named}"))  # noqa: S608  names of our own


def record_many(tx: Session, told: Iterable[tuple[Story, Sequence[Step]]]) -> None:
    """Many rows at once."""
    now = int(time.time())
    rows = [Opening(story).row(steps, now) for story, steps in told]
    if rows:
        _add.many(tx.connection(), rows)


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
