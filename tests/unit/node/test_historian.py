"""The index process brings new rows into the index where that is worth while, and forgets the oldest."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from mailnode.history import finding, indexing
from mailnode.history.details import Act, Step, What
from mailnode.history.record import Story, record_many
from mailnode.node import historian
from mailnode.node.lull import Lull
from mailnode.offload import Offload
from tests.support.store import Store


def told(number: int) -> list[tuple[Story, list[Step]]]:
    step = Step(Act.KEPT, "a@example.com", 1, "INBOX")
    return [(Story(What.RECEIVED, "x@example.org"), [step])] * number


async def caught_up(offload: Offload) -> None:
    stop = asyncio.Event()
    await historian.catch_up(offload, stop, Lull(offload, stop))


def test_rows_come_into_the_index_when_there_are_enough(store: Store) -> None:
    offload = Offload(store.engine)
    try:
        offload.write_now(lambda tx: record_many(tx, told(indexing.ENOUGH - 1)))
        asyncio.run(caught_up(offload))
        assert offload.read_now(finding.indexed_to) == 0
        offload.write_now(lambda tx: record_many(tx, told(indexing.AT_ONCE + 1)))
        asyncio.run(caught_up(offload))
        assert offload.read_now(finding.indexed_to) == indexing.AT_ONCE + indexing.ENOUGH
        offload.write_now(lambda tx: tx.execute(text("UPDATE history SET at = 1 WHERE id <= 1200")))
        assert asyncio.run(historian.forget(offload, store.settings)) == 1200
    finally:
        offload.close()
