"""The front between granian and WSGI keeps WSGI's own promises (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

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
