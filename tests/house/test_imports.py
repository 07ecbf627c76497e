"""The import contracts of pyproject.toml hold."""

from __future__ import annotations

from tests.support import checks


def test_import_contracts() -> None:
    checks.passes("lint-imports", "--no-cache")
