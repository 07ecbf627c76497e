"""The front between granian and WSGI keeps WSGI's own promises (PEP 3333)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Self

import pytest

from backend import front
from backend.front import Front


def writes(env: dict[str, Any], start_response: Callable[..., Callable[[bytes], None]]) -> Iterable[bytes]:
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"first ")
    return [b"second"]


def fails(env: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise RuntimeError("a bug")


def test_what_is_written_comes_before_what_is_returned() -> None:
    answer = Front(writes, None, large_limit=1024)._call({"PATH_INFO": "/"})  # type: ignore[arg-type]
    assert (answer.status, answer.body) == (200, b"first second")


def test_a_bug_is_answered_500_without_its_words() -> None:
    answer = Front(fails, None, large_limit=1024)._call({"PATH_INFO": "/"})  # type: ignore[arg-type]
    assert answer.status == 500
    assert b"a bug" not in answer.body


class Silent:
    """A body that never comes. Like granian's, what is waited for can be let go of and not be thrown into."""

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Self:
        return self

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> None:
        return None


def test_a_body_that_stops_coming_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "PATIENCE", 0.01)
    with pytest.raises(TimeoutError):
        asyncio.run(front._next(Silent()))  # type: ignore[arg-type]
