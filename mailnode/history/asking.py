"""Questions about the history, as the command line and the API put them: filters, pages, and one message's whole story.

Whoever asks gets what `viewing` lets them see. A page may have fewer rows than wanted and yet be followed by another
one, since rows that are not for the asker's eyes are passed over, and only so many at a time. A Message-ID and a door's
id stand in the row of the message's acceptance only: what became of it comes along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from mailnode.directory import lookup
from mailnode.history import finding, keys
from mailnode.history.details import What
from mailnode.history.finding import NEWEST, Row
from mailnode.history.viewing import Viewer, seen

BATCH = 200
LOOKED_AT = 2000  # rows for one page


@dataclass(frozen=True, slots=True)
class Question:
    """All that is given must apply. ``id`` is a door's or a queue's."""

    address: str = ""
    message_id: str = ""
    id: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first. ``next`` is ``before`` for the following page, None on the last.

    More rows than were wanted where what became of their messages came along.
    """

    rows: list[Row]
    next: int | None


def as_known(tx: Session, question: Question, hostname: str) -> Question:
    """With an address at the host's own name as the doors have taken it."""
    if not question.address:
        return question
    return replace(question, address=lookup.as_known(tx, question.address, hostname))


def page(tx: Session, viewer: Viewer, question: Question, *, before: int = NEWEST, limit: int = 100) -> Page:
    """The rows before ``before`` that answer the question, with what became of messages looked up by their names."""
    answers, following = _answers_before(tx, viewer, question, before, limit)
    if answers and _is_name_of_message(question):
        answers = finding.followed(tx, answers)
    return Page(_shown(viewer, answers), following)


def _answers_before(
    tx: Session, viewer: Viewer, question: Question, before: int, limit: int
) -> tuple[list[Row], int | None]:
    """At most ``limit`` rows, not yet as the viewer may see them, and where to go on."""
    found: list[Row] = []
    looked_at, size = 0, min(BATCH, limit)
    wanted = list(_keys(viewer, question))
    while looked_at < LOOKED_AT:
        batch = _batch(tx, wanted, before, size)
        for row in batch:
            before, looked_at = row.id, looked_at + 1
            shown = seen(viewer, row)
            if shown is not None and _answers(shown, question):
                found.append(row)
                if len(found) == limit:
                    return found, before
        if len(batch) < size:
            return found, None
    return found, before


def _is_name_of_message(question: Question) -> bool:
    """Whether the question names a message by what only its acceptance tells. What is refused goes no further."""
    return not question.refused and bool(question.message_id or question.id) and not _is_number(question.id)


def stories(tx: Session, viewer: Viewer, question: Question, *, limit: int = 100) -> list[Row]:
    """All that the viewer may see of the messages that answer the question, in the order of time."""
    answers, _ = _answers_before(tx, viewer, question, NEWEST, limit)
    return _shown(viewer, finding.stories(tx, answers))


def story(tx: Session, viewer: Viewer, row_id: int) -> list[Row]:
    """All that the viewer may see of the message that the row is about, in the order of time; none for no such row."""
    first = finding.by_id(tx, row_id)
    if first is None or seen(viewer, first) is None:
        return []
    return _shown(viewer, finding.story(tx, first))


def _shown(viewer: Viewer, rows: list[Row]) -> list[Row]:
    return [shown for row in finding.grouped(rows) if (shown := seen(viewer, row)) is not None]


def _batch(tx: Session, wanted: list[bytes], before: int, size: int) -> list[Row]:
    """The next rows that have one of the keys; any rows where none is given."""
    if not wanted:
        return finding.everything(tx, before=before, most=size)
    ids = {row_id for key in wanted for row_id in finding.ids(tx, key, before=before, most=size)}
    return finding.read(tx, sorted(ids, reverse=True)[:size])


def _keys(viewer: Viewer, question: Question) -> Iterator[bytes]:
    """The narrowest keys that every answer has one of."""
    for key in _plain_keys(viewer, question):
        yield keys.refused(key) if question.refused else key
    if viewer.administrator and question.refused and not (question.id or question.message_id or question.address):
        yield keys.refused()


def _plain_keys(viewer: Viewer, question: Question) -> Iterator[bytes]:
    if question.id:
        yield keys.queued(int(question.id)) if _is_number(question.id) else keys.trace(question.id)
    elif question.message_id:
        yield keys.message_id(_bare(question.message_id))
    elif question.address and (viewer.administrator or viewer.domains):
        yield keys.address(question.address)
    elif not viewer.administrator:
        yield keys.user(viewer.user_id)
        yield from map(keys.of_domain, sorted(viewer.domains))


def _is_number(id_: str) -> bool:
    """Whether an id is a queue's: a door's has 19 letters and digits."""
    return id_.isascii() and id_.isdigit() and len(id_) < 19


def _answers(row: Row, question: Question) -> bool:
    """What the key does not say: that it is no other value with the same hash, and the other filters."""
    if question.refused and row.what != What.REFUSED:
        return False
    if question.address and not _is_about(row, question.address):
        return False
    return not question.message_id or row.detail.message_id == _bare(question.message_id)


def _is_about(row: Row, address: str) -> bool:
    wanted = keys.spelling(address)
    named = {row.sender, *(one for step in row.detail.steps for one in (step.recipient, step.target) if one)}
    return any(keys.spelling(one) == wanted for one in named)


def _bare(message_id: str) -> str:
    return message_id.strip().removeprefix("<").removesuffix(">")
