"""A claim passes over what a busy host would take, by the same rule by which the relay finds the host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailnode.directory import edit
from mailnode.directory.transports import Exit, Exits, exits, put
from mailnode.queue import spool
from mailnode.queue.busy import Busy
from mailnode.queue.envelope import Recipient
from mailnode.relay.route import Here, Router
from mailnode.resolver import Resolver
from mailnode.settings import Smarthost
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOST = "192.0.2.1"
SENT_TO = ("home.test", "one.org", "a.one.org", "b.a.one.org", "c.b.a.one.org", "two.net", "[192.0.2.9]", "")
WAYS = (
    Exit("*", HOST),
    Exit("*.one.org", HOST),
    Exit("*.a.one.org", source="192.0.2.2"),
    Exit("c.b.a.one.org", HOST),
    Exit("two.net", HOST),
)


def router(found: Exits, smarthost: Smarthost | None = None) -> Router:
    return Router(Resolver([f"{HOST}:1"]), Here(frozenset(), frozenset()), smarthost=smarthost, exits=lambda: found)


def claimed(store: Store, busy: Busy) -> set[str]:
    """Where what is claimed goes to."""
    with store.write() as tx:
        edit.create_domain(tx, "home.test", keys=())
        to = [Recipient(f"b@{domain}" if domain else "postmaster") for domain in SENT_TO]
        spool.enqueue(tx, sender="a@home.test", recipients=to, raw=b"\r\n", now=NOW)
        return {one.destination for one in spool.claim(tx, "one", NOW, limit=100, lease=60, busy=busy)}


@pytest.mark.parametrize(
    "lane", ["transport *", "transport *.one.org", "transport c.b.a.one.org", "transport two.net", "b.a.one.org"]
)
def test_a_lane_takes_no_more_when_it_is_full(store: Store, lane: str) -> None:
    with store.write() as tx:
        for one in WAYS:
            put(tx, one)
        found = router(exits(tx))
    left = {one for one in SENT_TO if one in ("home.test", "") or found.lane_of(one) != lane}
    assert left != set(SENT_TO)
    assert claimed(store, found.served_by({lane})) == left


def test_nothing_is_due_while_all_of_it_waits_for_a_full_lane(store: Store) -> None:
    with store.write() as tx:
        spool.enqueue(tx, sender="a@home.test", recipients=[Recipient("b@one.org")], raw=b"\r\n", now=NOW)
        busy = [Busy(), Busy(["two.net"]), Busy(["one.org"]), Busy(rest=True)]
        assert [spool.due(tx, NOW, one) for one in busy] == [True, True, False, False]


def test_behind_a_full_smarthost_mail_for_here_goes_on(store: Store) -> None:
    assert claimed(store, router(Exits(), Smarthost(HOST, 25, tls=False)).served_by({"smarthost"})) == {"home.test", ""}
