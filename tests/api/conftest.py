"""``site`` is the API with people in it, on SQLite; ``both`` runs a test on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.site import Site, opened
from tests.support.store import Store


@pytest.fixture
def site(sqlite_store: Store) -> Iterator[Site]:
    with opened(sqlite_store) as made:
        yield made


@pytest.fixture
def both(store: Store) -> Iterator[Site]:
    with opened(store) as made:
        yield made
