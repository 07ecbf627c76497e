"""Who an address is, on both engines."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from mailnode.directory import edit, lookup
from mailnode.directory.lookup import LocalUser, NoSuchUser, RemoteDomain, Service
from mailnode.errors import AliasLoop, UnknownUser
from tests.support.examples import examples
from tests.support.store import Store

HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"


def domain(tx: Session, name: str = "example.com", **values: object) -> None:
    edit.create_domain(tx, name, keys=(), **values)  # type: ignore[arg-type]


def user(tx: Session, address: str, **values: object) -> int:
    return edit.create_user(tx, address, password_hash=HASH, **values).id  # type: ignore[arg-type]


def found(tx: Session, address: str) -> tuple[str, ...]:
    return tuple(target.user.address for target in lookup.expand(tx, address).users)


def test_a_user_in_any_spelling(store: Store) -> None:
    with store.write() as tx:
        domain(tx, "bücher.example")
        wanted = user(tx, "anna@bücher.example")
        for spelling in ("Anna@BÜCHER.example", "anna@xn--bcher-kva.EXAMPLE", '"anna"@bücher.example'):
            match lookup.resolve(tx, spelling):
                case LocalUser(row):
                    assert row.id == wanted
                case other:
                    pytest.fail(f"{spelling}: {other}")


def test_nobody_and_elsewhere(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        assert lookup.resolve(tx, "nobody@example.com") == NoSuchUser("nobody@example.com")
        assert lookup.resolve(tx, "x@example.org") == RemoteDomain("example.org")


def test_detail_is_kept_beside_the_user(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        resolved = lookup.resolve(tx, "anna+shop+x@example.com")
        assert isinstance(resolved, LocalUser)
        assert resolved.detail == "shop+x"


def test_an_own_address_with_a_plus_comes_first(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        user(tx, "anna+work@example.com")
        assert found(tx, "anna+work@example.com") == ("anna+work@example.com",)


def test_aliases_of_aliases_end_at_users_and_remote_addresses_once(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        edit.create_alias(tx, "team@example.com", ["anna@example.com", "x@example.org", "gone@example.com"])
        edit.create_alias(tx, "all@example.com", ["team@example.com", "anna@example.com", "x@example.org"])
        expansion = lookup.expand(tx, "All+y@example.com")
        assert [target.address for target in expansion.users] == ["anna@example.com"]
        assert expansion.remote == ("x@example.org",)
        assert expansion.unknown == ("gone@example.com",)


def test_wildcard_after_everything_named_and_before_catch_all(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        user(tx, "rest@example.com")
        edit.set_domain(tx, "example.com", catch_all="anna@example.com")
        assert found(tx, "anything@example.com") == ("anna@example.com",)
        edit.create_alias(tx, "*@example.com", ["rest@example.com"])
        assert found(tx, "anything@example.com") == ("rest@example.com",)
        assert found(tx, "anna@example.com") == ("anna@example.com",)


def test_an_alias_domain_moves_every_address(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        domain(tx, "example.net", alias_of="example.com")
        assert found(tx, "anna+a@example.net") == ("anna@example.com",)
        assert lookup.is_local_domain(tx, "EXAMPLE.net.")
        edit.set_domain(tx, "example.net", enabled=False)
        assert isinstance(lookup.resolve(tx, "anna@example.net"), NoSuchUser)


def test_postmaster_reaches_the_domains_administrators_else_the_systems(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "root@example.com", administrator=True)
        user(tx, "anna@example.com")
        assert found(tx, "postmaster@example.com") == ("root@example.com",)
        assert found(tx, "Postmaster") == ("root@example.com",)
        edit.set_administered(tx, "anna@example.com", ["example.com"])
        assert found(tx, "abuse@example.com") == ("anna@example.com",)
        edit.create_alias(tx, "abuse@example.com", ["root@example.com"])
        assert found(tx, "abuse@example.com") == ("root@example.com",)


def test_nobody_to_take_postmasters_mail(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        with pytest.raises(UnknownUser):
            lookup.expand(tx, "postmaster@example.com")


def test_quotas_are_the_users_else_the_domains_and_zero_is_none(store: Store) -> None:
    with store.write() as tx:
        domain(tx, default_quota_bytes=1000, default_quota_messages=None, over_quota_text="Ask the office")
        first = user(tx, "a@example.com")
        second = user(tx, "b@example.com", quota_bytes=0, quota_messages=7)
        assert lookup.quota(tx, first) == lookup.Quota(1000, None, "Ask the office")
        assert lookup.quota(tx, second) == lookup.Quota(None, 7, "Ask the office")
        resolved = lookup.resolve(tx, "b@example.com")
        assert isinstance(resolved, LocalUser)
        assert resolved.user.quota == lookup.quota(tx, second)


def test_may_send_as_own_addresses_and_aliases_only(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        domain(tx, "example.net", alias_of="example.com")
        anna = user(tx, "anna@example.com")
        user(tx, "bert@example.com")
        edit.create_alias(tx, "info@example.com", ["anna@example.com"])
        edit.create_alias(tx, "office@example.com", ["info@example.com"])
        own = ("anna@example.com", "ANNA+x@example.com", "info@example.com", "office@example.com", "anna@example.net")
        assert all(lookup.may_send_as(tx, anna, address) for address in own)
        others = ("bert@example.com", "x@example.org", "nobody@example.com", "", "@", "anna", "anna@@example.com")
        assert not any(lookup.may_send_as(tx, anna, address) for address in others)
        assert lookup.addresses_of(tx, anna) == ["anna@example.com", "info@example.com", "office@example.com"]


def test_a_loop_that_came_about_later_is_told(store: Store) -> None:
    with store.write() as tx:
        domain(tx)
        user(tx, "anna@example.com")
        edit.create_alias(tx, "b@example.com", ["anna@example.com"])
        edit.create_alias(tx, "*@example.com", ["b@example.com"])
        edit.remove_user(tx, "anna@example.com")
        with pytest.raises(AliasLoop):
            lookup.expand(tx, "b@example.com")


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(address=st.text(max_size=80) | st.text(max_size=20).map(lambda local: f"{local}@example.com"))
@example(address="FBL@EXAMPLE.COM")  # one that every domain has
def test_any_text_is_answered(sqlite_store: Store, address: str) -> None:
    with sqlite_store.write() as tx:
        if not lookup.is_local_domain(tx, "example.com"):
            domain(tx)
        found = lookup.resolve(tx, address)
    if isinstance(found, Service):
        assert address.lower() == found.address == f"{found.name}@example.com"
    else:
        assert isinstance(found, NoSuchUser | RemoteDomain)
