"""An idle queue is looked at when somebody has written."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.dispatch import rest
from mailnode.dispatch.rest import Rest
from mailnode.offload import Offload
from tests.support.store import Store


def test_a_commit_ends_the_rest(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "LONGEST", 600.0)

    async def work() -> None:
        offload, resting = Offload(sqlite_store.engine), Rest(sqlite_store.engine)
        try:
            waiting = asyncio.create_task(resting.rest())
            await offload.write(lambda _tx: None)
            await asyncio.wait_for(waiting, 60)
        finally:
            resting.close()
            offload.close()

    asyncio.run(work())


def test_what_becomes_due_by_time_is_found(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "LONGEST", 0.2)

    async def work() -> None:
        resting = Rest(sqlite_store.engine)
        try:
            await asyncio.wait_for(resting.rest(), 60)
        finally:
            resting.close()

    asyncio.run(work())
