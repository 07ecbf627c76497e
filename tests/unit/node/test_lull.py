"""Work that can wait lets mail pass by, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.node import lull
from mailnode.node.lull import Lull
from mailnode.offload import Offload
from mailnode.store import messages
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)


async def outlasts_a_burst(store: Store, user_id: int) -> bool:
    """Whether who waits while mail comes is still waiting when it has come."""
    offload, stop = Offload(store.engine), asyncio.Event()
    found = Lull(offload, stop)
    found.begin()
    waiting = asyncio.create_task(found.wait())
    try:
        for number in range(5):
            await offload.write(lambda tx, number=number: messages.append(tx, user_id, "INBOX", mail(number)))
            await asyncio.sleep(lull.LOOK)
        return not waiting.done()
    finally:
        stop.set()
        await waiting
        offload.close()


def test_it_waits_until_no_more_mail_comes(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lull, "PATIENCE", 600.0)
    monkeypatch.setattr(lull, "QUIET", 300.0)  # longer than any machine stands still
    monkeypatch.setattr(lull, "LOOK", 0.01)
    assert asyncio.run(outlasts_a_burst(store, user_id))


def test_but_not_for_ever(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lull, "PATIENCE", 0.0)
    assert not asyncio.run(outlasts_a_burst(store, user_id))
