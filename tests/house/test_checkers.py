"""Format, lint and types."""

from __future__ import annotations

from tests.support import checks


def test_format() -> None:
    checks.passes("ruff", "format", "--check", ".")


def test_lint() -> None:
    checks.passes("ruff", "check", ".")


def test_types() -> None:
    checks.passes("mypy")


def test_types_of_the_test_support() -> None:
    checks.passes(
        "mypy", "--explicit-package-bases", "tests/support", "tests/conftest.py", "tests/house", "tests/route"
    )
