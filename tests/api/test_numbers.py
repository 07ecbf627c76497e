"""Numbers in paths that no row can have."""

from __future__ import annotations

import pytest

from tests.support.site import Site

HUGE = 10**25
PATHS = ("quarantine", "queue", "history", "users", "domains/example.test/reports", "mailboxes", "messages")


@pytest.mark.parametrize("path", PATHS)
def test_a_number_that_no_row_can_have_is_nothings(site: Site, path: str) -> None:
    for number in (HUGE, 10**18 - 1):
        assert site.root.get(f"{path}/{number}").status_code == 404


def test_nor_is_there_anything_to_remove(site: Site) -> None:
    assert site.root.delete(f"sending/suppressed/{HUGE}").status_code in (404, 405)
