"""DKIM keys that replace others: made ahead, taken, retired, and dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailnode.directory import dkim_rotation, domains
from mailnode.errors import NoSuchDomain
from mailnode.senderauth import dkim_keys
from tests.support.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def home(store: Store) -> Store:
    with store.write() as tx:
        keys = [("ed25519", dkim_keys.make("ed25519"))]
        domains.create_domain(tx, "example.com", keys=keys, now=NOW)  # type: ignore[arg-type]
    return store


def begin(store: Store, now: datetime = NOW) -> list[str]:
    with store.write() as tx:
        return dkim_rotation.begin(tx, "example.com", [("ed25519", dkim_keys.make("ed25519"))], now)


def take(store: Store, now: datetime) -> None:
    with store.write() as tx:
        for one in dkim_rotation.awaited(tx):
            dkim_rotation.switch(tx, one.id, now)


def states(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {key.selector: key.state for key in dkim_rotation.published(tx, "example.com")}


def test_a_coming_key_does_not_sign(home: Store) -> None:
    assert begin(home) == ["ed25519202611-2"]
    with home.read() as tx:
        assert [key.selector for key in domains.dkim_keys_of(tx, "example.com")] == ["ed25519202611"]


def test_keys_are_made_once(home: Store) -> None:
    assert begin(home) == begin(home)
    with home.read() as tx:
        [one] = dkim_rotation.awaited(tx)
    assert one.name == "ed25519202611-2._domainkey.example.com"
    assert one.value.startswith("v=DKIM1; k=ed25519; p=")


def test_the_old_key_stays_published_for_its_time(home: Store) -> None:
    begin(home)
    take(home, NOW)
    assert states(home) == {"ed25519202611-2": "active", "ed25519202611": "retired"}
    with home.write() as tx:
        assert dkim_rotation.drop(tx, NOW + dkim_rotation.STAYS) == 0
        assert dkim_rotation.drop(tx, NOW + dkim_rotation.STAYS + DAY) == 1
    assert states(home) == {"ed25519202611-2": "active"}


def test_a_selector_is_never_given_twice(home: Store) -> None:
    begin(home)
    take(home, NOW - 2 * dkim_rotation.STAYS)
    with home.write() as tx:
        dkim_rotation.drop(tx, NOW)
    assert begin(home) == ["ed25519202611-3"]


def test_a_key_is_taken_once(home: Store) -> None:
    begin(home)
    with home.read() as tx:
        [one] = dkim_rotation.awaited(tx)
    for _ in range(2):
        with home.write() as tx:
            dkim_rotation.switch(tx, one.id, NOW)
    assert sorted(states(home).values()) == ["active", "retired"]


def test_what_is_old_is_due_until_another_comes(home: Store) -> None:
    with home.read() as tx:
        assert dkim_rotation.due(tx, NOW) == []
        assert dkim_rotation.due(tx, NOW + DAY) == ["example.com"]
    begin(home)
    with home.read() as tx:
        assert dkim_rotation.due(tx, NOW + DAY) == []


def test_no_keys_for_nobody(store: Store) -> None:
    with store.write() as tx, pytest.raises(NoSuchDomain):
        dkim_rotation.begin(tx, "example.org", [], NOW)
