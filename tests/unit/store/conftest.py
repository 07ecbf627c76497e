"""A user in an empty store."""

from __future__ import annotations

import pytest

from mailnode.directory.models import Domain, User
from mailnode.store import mailboxes
from tests.support.store import Store


def add_user(store: Store, name: str = "one", *, quota_bytes: int | None = None) -> int:
    """A user of example.com with the default mailboxes; returns the id."""
    with store.write() as tx:
        domain = tx.query(Domain).filter_by(name="example.com").one_or_none() or Domain(name="example.com")
        tx.add(domain)
        tx.flush()
        user = User(domain_id=domain.id, address=f"{name}@example.com", password_hash="", quota_bytes=quota_bytes)
        tx.add(user)
        tx.flush()
        mailboxes.create_defaults(tx, user.id)
        return user.id


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)
