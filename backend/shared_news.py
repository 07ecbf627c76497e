"""What happens in others' mailboxes that a listener may read, told beside the journal of the listener's own mail.

Each owner's changes are numbered by themselves, and a client remembers the number of its own mail only; so whoever
comes back after a break and shares anything loads everything again. Nothing is told of a mailbox that the listener may
not read, not even that something happened in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from backend import feed
from backend.feed import MailboxChange
from mailnode.store import access, changes

Box = tuple[int, str, frozenset[str]]  # id, name, rights


@dataclass(frozen=True, slots=True)
class Watched:
    """``seen``: each owner and up to which modseq the listener has been told; ``boxes``: what was in the tree."""

    seen: dict[int, int] = field(default_factory=dict)
    boxes: frozenset[Box] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """``tree``: mailboxes have come, gone, or changed their names or rights. ``changes`` are by owner."""

    watched: Watched
    tree: bool = False
    reset: bool = False
    more: bool = False
    changes: tuple[tuple[int, MailboxChange], ...] = ()


def begin(tx: Session, user_id: int) -> Watched:
    """What there is to watch, from now on."""
    others = [seen for seen in access.of_others(tx, access.reader(tx, user_id)) if "r" in seen.access.rights]
    boxes = frozenset((seen.id, seen.row.name, seen.access.rights) for seen in others)
    return Watched({owner_id: changes.latest(tx, owner_id) for owner_id in {seen.owner_id for seen in others}}, boxes)


def since(tx: Session, user_id: int, before: Watched) -> News:
    """What has happened after ``before``."""
    now = begin(tx, user_id)
    readable = {box[0] for box in now.boxes}
    seen, reset, more = dict(now.seen), False, False
    told: list[tuple[int, MailboxChange]] = []
    for owner_id, modseq in before.seen.items():
        if owner_id in seen and modseq != seen[owner_id]:
            found = feed.since(tx, owner_id, modseq)
            seen[owner_id], reset, more = found.modseq, reset or found.reset, more or found.more
            told += [(owner_id, change) for change in found.mailboxes if change.mailbox_id in readable]
    return News(Watched(seen, now.boxes), now.boxes != before.boxes, reset, more, tuple(told))
