"""A user in an empty store."""

from __future__ import annotations

import pytest

from tests.support.store import Store
from tests.unit.store.conftest import add_user


@pytest.fixture
def user_id(store: Store) -> int:
    return add_user(store)
