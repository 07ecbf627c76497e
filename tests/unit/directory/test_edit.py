"""The rules of changing the directory, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailnode.directory import edit, lookup
from mailnode.directory.models import Alias, Domain, User
from mailnode.errors import (
    AddressTaken,
    AliasLoop,
    BadAddress,
    BadDomainName,
    BadQuota,
    BadTargets,
    ChangedMeanwhile,
    DomainInUse,
    DomainTaken,
    LastAdministrator,
    MailError,
    NoSuchDomain,
    UnknownAlias,
    UnknownUser,
)
from mailnode.senderauth import dkim_keys
from tests.support.store import Store

HASH = "not a hash"


@pytest.fixture
def home(store: Store) -> Store:
    """A store with one domain and two users."""
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        for name in ("anna", "bert"):
            edit.create_user(tx, f"{name}@example.com", password_hash=HASH)
    return store


def test_a_new_domain_has_a_key_of_each_algorithm(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        edit.create_domain(tx, "Example.COM.")
        keys = edit.dkim_keys_of(tx, "example.com")
        assert [key.algorithm for key in keys] == ["rsa", "ed25519"]
        assert all(dkim_keys.algorithm_of(dkim_keys.read(key.private_key)) == key.algorithm for key in keys)


def test_selectors_of_one_month_differ(home: Store) -> None:
    with home.write() as tx:
        for _ in range(3):
            of = edit.domain(tx, "example.com")
            edit.add_dkim_key(tx, of, "ed25519", "pem", of.created_at)
        selectors = [key.selector for key in edit.dkim_keys_of(tx, "example.com")]
        assert len(set(selectors)) == 3


@pytest.mark.parametrize("name", ["example.com", "EXAMPLE.com"])
def test_a_domain_is_made_once(home: Store, name: str) -> None:
    with home.write() as tx, pytest.raises(DomainTaken):
        edit.create_domain(tx, name, keys=())


@pytest.mark.parametrize("name", ["", "a b.example", "-a.example", "[192.0.2.1]", "192.0.2.1", "a..example", "ex@mple"])
def test_what_is_no_domain_name(sqlite_store: Store, name: str) -> None:
    with sqlite_store.write() as tx, pytest.raises(BadDomainName):
        edit.create_domain(tx, name, keys=())


def test_an_alias_domain_of_an_alias_domain(home: Store) -> None:
    with home.write() as tx:
        edit.create_domain(tx, "example.net", alias_of="example.com", keys=())
        with pytest.raises(BadDomainName):
            edit.create_domain(tx, "example.org", alias_of="example.net", keys=())
        with pytest.raises(BadDomainName):
            edit.create_user(tx, "x@example.net", password_hash=HASH)


def test_the_default_quota_keeps_within_the_largest(home: Store) -> None:
    with home.write() as tx:
        assert edit.set_domain(tx, "example.com", maximum_quota_bytes=1000).default_quota_bytes == 1000
        with pytest.raises(BadQuota):
            edit.create_user(tx, "c@example.com", password_hash=HASH, quota_bytes=1001)
        with pytest.raises(BadQuota):  # 0 would be no limit at all
            edit.create_user(tx, "c@example.com", password_hash=HASH, quota_bytes=0)
        with pytest.raises(BadQuota):
            edit.set_domain(tx, "example.com", default_quota_bytes=2000)


def test_a_version_that_is_too_old_changes_nothing(home: Store) -> None:
    with home.write() as tx:
        old = edit.user(tx, "anna@example.com").version
        edit.set_user(tx, "anna@example.com", display_name="Anna  B.", if_version=old)
        with pytest.raises(ChangedMeanwhile):
            edit.set_user(tx, "anna@example.com", display_name="C", if_version=old)
        assert edit.user(tx, "anna@example.com").display_name == "Anna B."
        version = edit.domain(tx, "example.com").version
        with pytest.raises(ChangedMeanwhile):
            edit.set_domain(tx, "example.com", enabled=False, if_version=version + 1)


def test_a_domain_with_users_goes_only_when_asked_for(home: Store) -> None:
    with home.write() as tx:
        edit.create_domain(tx, "example.net", alias_of="example.com", keys=())
        edit.create_alias(tx, "info@example.com", ["anna@example.com"])
        with pytest.raises(DomainInUse):
            edit.remove_domain(tx, "example.com")
        edit.remove_domain(tx, "example.com", with_contents=True)
        assert [tx.scalars(select(table)).all() for table in (Domain, User, Alias)] == [[], [], []]


def test_ids_are_not_used_again(home: Store) -> None:
    with home.write() as tx:
        gone = edit.user(tx, "bert@example.com").id
        edit.remove_user(tx, "bert@example.com")
        assert edit.create_user(tx, "bert@example.com", password_hash=HASH).id > gone


@pytest.mark.parametrize("address", ["anna@example.com", "ANNA@example.COM", '"anna"@example.com'])
def test_an_address_is_given_once(home: Store, address: str) -> None:
    with home.write() as tx:
        with pytest.raises(AddressTaken):
            edit.create_user(tx, address, password_hash=HASH)
        with pytest.raises(AddressTaken):
            edit.create_alias(tx, address, ["bert@example.com"])


@pytest.mark.parametrize(
    "address", ["", "x", "x@", "@example.com", "a b@example.com", "+x@example.com", "*@example.com"]
)
def test_what_no_user_can_be_called(home: Store, address: str) -> None:
    with home.write() as tx, pytest.raises(BadAddress):
        edit.create_user(tx, address, password_hash=HASH)


def test_a_user_of_a_domain_elsewhere(home: Store) -> None:
    with home.write() as tx, pytest.raises(NoSuchDomain):
        edit.create_user(tx, "x@example.org", password_hash=HASH)


def test_the_last_administrator_stays(home: Store) -> None:
    with home.write() as tx:
        edit.set_user(tx, "anna@example.com", administrator=True)
        for refused in ({"administrator": False}, {"disabled": True}):
            with pytest.raises(LastAdministrator):
                edit.set_user(tx, "anna@example.com", **refused)  # type: ignore[arg-type]
        with pytest.raises(LastAdministrator):
            edit.remove_user(tx, "anna@example.com")
        edit.set_user(tx, "bert@example.com", administrator=True)
        edit.remove_user(tx, "anna@example.com")


def test_administering_domains(home: Store) -> None:
    with home.write() as tx:
        edit.create_domain(tx, "example.net", keys=())
        edit.set_administered(tx, "anna@example.com", ["example.net", "example.com", "Example.net"])
        anna = edit.user(tx, "anna@example.com").id
        assert edit.administered(tx, anna) == ["example.com", "example.net"]
        assert edit.administers(tx, anna, edit.domain(tx, "example.net").id)
        bert = edit.user(tx, "bert@example.com").id
        assert not edit.administers(tx, bert, edit.domain(tx, "example.net").id)
        edit.remove_domain(tx, "example.net")
        assert edit.administered(tx, anna) == ["example.com"]


def test_targets_are_added_and_taken_away(home: Store) -> None:
    with home.write() as tx:
        edit.create_alias(tx, "info@example.com", ["anna@example.com", "ANNA@example.com"])
        assert edit.add_targets(tx, "info@example.com", ["x@example.org"]).targets == [
            "anna@example.com",
            "x@example.org",
        ]
        with pytest.raises(BadTargets):
            edit.remove_targets(tx, "info@example.com", ["y@example.org"])
        edit.remove_targets(tx, "info@example.com", ["anna@example.com"])
        assert edit.alias(tx, "info@example.com").targets == ["x@example.org"]
        edit.remove_targets(tx, "info@example.com", ["x@example.org"])
        with pytest.raises(UnknownAlias):
            edit.alias(tx, "info@example.com")


@pytest.mark.parametrize(
    ("made", "closing"),
    [
        ([], ("a@example.com", ["a@example.com"])),
        ([("a@example.com", ["b@example.com"])], ("b@example.com", ["anna@example.com", "a@example.com"])),
        ([("a@example.com", ["nobody@example.com"])], ("*@example.com", ["a@example.com"])),
        ([("a@example.com", ["b+x@example.com"])], ("b@example.com", ["a@example.net"])),
    ],
)
def test_a_loop_is_refused_when_it_is_made(
    home: Store, made: list[tuple[str, list[str]]], closing: tuple[str, list[str]]
) -> None:
    with home.write() as tx:
        edit.create_domain(tx, "example.net", alias_of="example.com", keys=())
        for address, targets in made:
            edit.create_alias(tx, address, targets)
        with pytest.raises(AliasLoop):
            edit.create_alias(tx, *closing)


def test_a_catch_all_that_leads_nowhere_else_is_a_loop(home: Store) -> None:
    with home.write() as tx, pytest.raises(AliasLoop):
        edit.set_domain(tx, "example.com", catch_all="nobody@example.com")


def test_too_many_targets(home: Store) -> None:
    with home.write() as tx:
        for targets in ([], [f"u{n}@example.org" for n in range(1001)]):
            with pytest.raises(BadTargets):
                edit.create_alias(tx, "many@example.com", targets)


def test_a_refused_change_leaves_nothing(home: Store) -> None:
    with pytest.raises(MailError), home.write() as tx:
        edit.create_alias(tx, "a@example.com", ["a@example.com"])
    with home.read() as tx, pytest.raises(UnknownUser):
        lookup.expand(tx, "a@example.com")
