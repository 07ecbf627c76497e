"""What is held or removed while a queue process has it in hand."""

from __future__ import annotations

from mailnode.queue import control, spool, stopping
from mailnode.queue.control import Chosen
from tests.support.store import Store
from tests.unit.queue.test_control import NOW, claimed, enqueue


def test_what_is_held_or_removed_is_stopped_and_let_go(store: Store) -> None:
    with store.write() as tx:
        for name in ("going", "held", "gone"):
            enqueue(tx, f"a@{name}.example")
        claims = spool.claim(tx, "one", NOW, limit=10, lease=60)
        ids = {claim.destination: claim.recipients[0].id for claim in claims}
        control.hold(tx, Chosen(destination="held.example"))
        control.remove(tx, Chosen(destination="gone.example"))
        stopped = stopping.stopped(tx, list(ids.values()))
        assert stopped == {ids["held.example"], ids["gone.example"]}
        stopping.let_go(tx, "one", sorted(stopped), NOW)
        control.release(tx, Chosen(destination="held.example"))
        assert claimed(tx) == ["a@held.example"]
