"""What the records depend on, from directory and settings."""

from __future__ import annotations

import pytest

from mailnode.directory import edit
from mailnode.errors import NoSuchDomain
from mailnode.settings import Listen
from mailnode.zone.plan import host_addresses, plan
from tests.support.store import Store


def test_a_plan_of_a_domain(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        edit.create_domain(tx, "bücher.example")
        made = plan(tx, sqlite_store.settings, "bücher.example")
    assert (made.domain, made.hostname) == ("xn--bcher-kva.example", "mail.example.com")
    assert [key.value.split("p=")[0] for key in made.keys] == ["v=DKIM1; k=rsa; ", "v=DKIM1; k=ed25519; "]
    assert made.port("imaps") == 1993
    assert made.port("nothing") is None


def test_a_domain_that_is_not_there(sqlite_store: Store) -> None:
    with sqlite_store.read() as tx, pytest.raises(NoSuchDomain):
        plan(tx, sqlite_store.settings, "nobody.example")


def test_addresses_are_those_that_are_listened_on() -> None:
    assert host_addresses((Listen("192.0.2.1", 25), Listen("::1", 25), Listen("192.0.2.1", 2525))) == (
        "192.0.2.1",
        "::1",
    )


def test_a_wildcard_stands_for_the_outward_addresses() -> None:
    [address] = host_addresses((Listen("0.0.0.0", 25),))
    assert address != "0.0.0.0"
