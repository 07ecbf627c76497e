"""The sweeper forgets strangers: who never came again, and what nobody has let out of quarantine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from mailnode.database import utcnow
from mailnode.delivery import quarantine
from mailnode.delivery.deliver import Mail
from mailnode.delivery.quarantine import Reason
from mailnode.mx import greylist
from mailnode.mx.greylist import Asked
from mailnode.node import sweeper
from mailnode.offload import Offload
from mailnode.queue.envelope import Recipient
from tests.support.store import Store

RAW = b"Subject: x\r\n\r\nHello\r\n"
LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)


def test_strangers_are_forgotten_in_time(store: Store) -> None:
    asked = Asked("192.0.2.0/24", (b"k" * 16,), int(LONG_AGO.timestamp()), 60)
    with store.write() as tx:
        greylist.ask(tx, asked)
        mail = Mail.of("a@b.test", RAW)
        quarantine.put(tx, mail, [Recipient("ann@example.com")], Reason("192.0.2.1", "no_date", "", 1), LONG_AGO, 30)
    offload = Offload(store.engine)
    try:
        asyncio.run(sweeper.sweep_once(offload))
    finally:
        offload.close()
    with store.write() as tx:
        assert quarantine.count(tx) == 0
        assert greylist.sweep(tx, 2**40) == 0


def test_a_full_quarantine_forgets_the_oldest(store: Store) -> None:
    mail, reason = Mail.of("a@b.test", RAW), Reason("192.0.2.1", "no_date", "", 1)
    with store.write() as tx:
        kept = [quarantine.put(tx, mail, [Recipient("ann@example.com")], reason, utcnow(), 30) for _ in range(3)]
    offload = Offload(store.engine)
    try:
        asyncio.run(sweeper.sweep_once(offload, quarantine_size=len(RAW)))
    finally:
        offload.close()
    with store.read() as tx:
        assert [one.id for one in quarantine.rows(tx)] == kept[-1:]
