"""The web client's own checks: format and lint, types, unit tests."""

from __future__ import annotations

import pytest

from tests.support import checks


@pytest.mark.parametrize("script", ["lint", "check", "test"])
def test_script_passes(script: str) -> None:
    checks.client_passes(script)
