"""Listings that come page by page."""

from __future__ import annotations

from mailnode.cli.pages import everything


def test_pages_are_asked_for_behind_the_last_row_until_one_is_empty() -> None:
    asked: list[int | None] = []

    def page(last: int | None) -> list[int]:
        asked.append(last)
        return [number for number in range(1, 6) if number > (last or 0)][:2]

    assert everything(page) == [1, 2, 3, 4, 5]
    assert asked == [None, 2, 4, 5]
