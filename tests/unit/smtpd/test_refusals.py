"""Refusals for the history: not more of them than the disk can keep."""

from __future__ import annotations

import asyncio

import pytest

from mailnode.history import finding
from mailnode.offload import Offload
from mailnode.smtpd import refusals
from mailnode.smtpd.refusals import Refusal, Refusals
from tests.support.store import Store


def test_who_never_stops_trying_names_does_not_fill_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "AT_FIRST", 3.0)
    monkeypatch.setattr(refusals, "LASTING", 0.0)

    async def hammer() -> None:
        offload = Offload(store.engine)
        kept = Refusals(offload)
        for number in range(10):
            kept.add(Refusal("", (f"{number % 5}@example.com",), "nobody", "5.1.1", "No such user here"))
        await asyncio.to_thread(offload.close)

    asyncio.run(hammer())
    with store.read() as tx:
        rows = finding.everything(tx)
    assert sorted((row.detail.steps[0].recipient, row.detail.steps[0].times) for row in rows) == [
        ("0@example.com", 2),
        ("1@example.com", 2),
        ("2@example.com", 2),
    ]
