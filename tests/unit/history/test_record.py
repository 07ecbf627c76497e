"""Rows of messages that share a commit are written together, and nothing is told of a step that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from mailnode.errors import NoSuchMailbox
from mailnode.history.details import Act, Step, What
from mailnode.history.record import AT_ONCE, Story, record
from mailnode.offload import Offload
from tests.support.store import Store


def telling(number: int, *, fails: bool = False) -> Callable[[Session], None]:
    def step(tx: Session) -> None:
        record(tx, Story(What.RECEIVED, trace=str(number)), [Step(Act.KEPT, "ann@example.com")])
        if fails:
            raise NoSuchMailbox

    return step


def told(store: Store, steps: list[Callable[[Session], None]]) -> tuple[set[int], int]:
    """The numbers that the history has after these steps, which all wait at once; and of how many commits."""
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    offload = Offload(store.engine)

    async def all_of_them() -> None:
        await asyncio.gather(*map(offload.write, steps), return_exceptions=True)

    asyncio.run(all_of_them())
    offload.close()
    with store.read() as tx:
        return {int(trace) for trace in tx.scalars(text("SELECT trace FROM history"))}, len(commits)


@pytest.mark.parametrize("number", [1, 3 * AT_ONCE + 1])
def test_everything_is_told_once(store: Store, number: int) -> None:
    numbers, commits = told(store, [telling(one) for one in range(number)])
    assert numbers == set(range(number))
    assert commits <= number
    with store.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM history")) == number


def test_what_failed_is_not_told(store: Store) -> None:
    steps = [telling(one, fails=one % 3 == 1) for one in range(20)]
    assert told(store, steps)[0] == {one for one in range(20) if one % 3 != 1}
