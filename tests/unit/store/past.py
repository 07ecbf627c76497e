"""A store with a past: changes that were made at times of the test's choosing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from mailnode.store import mailboxes, messages, ranges, restore
from mailnode.store.models import Journal, UserCounter
from mailnode.store.restore import Done
from mailnode.store.rewind import Aim
from tests.support.store import Store

T = TypeVar("T")
BEFORE = 1_000_000  # the time of everything that `make_past` has found
Seen = dict[str, list[tuple[str, int, str]]]


def make_past(store: Store) -> None:
    """All changes so far were made long ago, and nothing is missing of them."""
    with store.write() as tx:
        tx.execute(update(Journal).values(at=BEFORE))
        tx.execute(update(UserCounter).values(kept_since=0))


def seen(store: Store, user_id: int) -> Seen:
    """What the user has: by mailbox the subjects with their flags, in order of subject."""
    with store.read() as tx:
        return {
            row.name: sorted(
                (one.subject, one.flags, one.keywords)
                for one in messages.rows(
                    tx, user_id, row.id, ranges.EVERYTHING, ("uid", "subject", "flags", "keywords")
                )
            )
            for row in mailboxes.tree(tx, user_id)
            if row.selectable
        }


def put_back(store: Store, user_id: int, aim: Aim | None = None, **more: int) -> Done:
    """Restore, in as many transactions as it takes."""

    def write(step: Callable[[Session], Done]) -> Done:
        with store.write() as tx:
            return step(tx)

    with store.read() as tx:
        return restore.run(tx, write, user_id, aim or Aim(BEFORE), **more)  # type: ignore[arg-type]
