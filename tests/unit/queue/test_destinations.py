"""What queue processes have learnt of destinations, written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailnode.queue import destinations
from mailnode.queue.destinations import Destination
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def of(name: str, waiting: int = 0) -> Destination:
    return Destination(name, 1, 5, 0.5, waiting, 7, 2, 0.25, "421 Too much")


def test_each_process_writes_its_own_part(store: Store) -> None:
    with store.write() as tx:
        destinations.save(tx, "one", [of("a.example"), of("b.example", 9)], NOW)
        destinations.save(tx, "two", [of("a.example")], NOW)
        destinations.save(tx, "one", [of("b.example", 3)], NOW)
        assert destinations.listed(tx) == [(of("b.example", 3), NOW), (of("a.example"), NOW)]


def test_what_a_dead_process_has_left_goes(store: Store) -> None:
    with store.write() as tx:
        destinations.save(tx, "dead", [of("a.example")], NOW)
        destinations.save(tx, "one", [], NOW + timedelta(hours=2))
        assert destinations.listed(tx) == []
