"""Listings that show all there is, fetched page by page, so that no statement has to give everything at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
PAGE = 1000  # rows


def everything(page: Callable[[T | None], Sequence[T]]) -> list[T]:
    """``page`` gives the rows that come after the one it is called with, None at first; an empty page is the end."""
    found: list[T] = []
    while some := page(found[-1] if found else None):
        found += some
    return found
