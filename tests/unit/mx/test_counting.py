"""A door counts strangers' mail for reports, and what it has counted is there when it ends."""

from __future__ import annotations

import asyncio
import time

import pytest

from mailnode.findings import Action
from mailnode.mx.counting import Counting
from mailnode.mx.judgement import Judgement
from mailnode.offload import Offload
from mailnode.proto.address import Address
from mailnode.reports import dmarc_seen
from mailnode.senderauth.check import Verdict, check
from mailnode.smtpd.reception import Envelope, Peer
from tests.support.signatures import LETTER, published
from tests.support.store import Store


async def forged() -> Verdict:
    """What the checks say of a letter that example.test has not sent."""
    zones = published()
    zones.names["_dmarc.example.test"] = {"TXT": ["v=DMARC1; p=none; rua=mailto:d@example.test"]}
    ip, now = "192.0.2.9", 1_700_000_000
    return await check(zones, ip, "mx.test", "a@x.test", LETTER, now, authserv_id="m.test", seconds=60)


def counted(store: Store, *actions: Action) -> list[tuple[str, int]]:
    """What is written down when a door that has decided so ends."""
    day = int(time.time() // dmarc_seen.DAY)

    async def go(offload: Offload) -> None:
        counting, verdict = Counting(offload), await forged()
        for action in actions:
            counting.add(Peer("192.0.2.9"), Envelope(Address("a", "x.test")), verdict, Judgement(action=action))

    offload = Offload(store.engine)
    try:
        asyncio.run(go(offload))
    finally:
        offload.close()
    with store.write() as tx:
        rows = [row for each in (day, day + 1) for row in dmarc_seen.take(tx, "example.test", each)]
    return sorted((one.disposition, number) for one, number in rows)


def test_messages_judged_alike_are_counted_together(sqlite_store: Store) -> None:
    assert counted(sqlite_store, Action.TAKE, Action.TAG, Action.REJECT) == [("none", 2), ("reject", 1)]


@pytest.mark.parametrize("action", [Action.JUNK, Action.QUARANTINE])
def test_what_reaches_no_inbox_is_quarantined_for_the_report(sqlite_store: Store, action: Action) -> None:
    assert counted(sqlite_store, action) == [("quarantine", 1)]


def test_what_is_to_come_again_counts_then(sqlite_store: Store) -> None:
    assert counted(sqlite_store, Action.DEFER) == []
