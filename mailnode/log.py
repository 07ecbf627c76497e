"""Logs: one line an event, for people on a terminal and as JSON for machines.

Events are short fixed words, facts are keys; no message bodies, no passwords. Each is counted (`tally`), from ``info``
on also where fewer are written. A log that cannot be written (a full disk, a reader that has gone) loses lines and
stops nobody.

Every message on its way has a line, so a line is made here and at once: by a chain of structlog's processors it took
twice the time. How it looks to people is structlog's.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TextIO

import structlog

from mailnode import tally
from mailnode.quoted import quoted

Line = dict[str, Any]
Level = Literal["debug", "info", "warning", "error"]
DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def configure(form: Literal["text", "json"] = "text", level: Level = "info") -> None:
    """Set the process's log up once, at its start. Everything goes to standard error."""
    global _lines  # noqa: PLW0603 - a process has one log
    threshold = logging.getLevelNamesMapping()[level.upper()]
    stream: Any = Unfailing(sys.stderr)
    _lines = Lines(_as_json if form == "json" else _for_people(colors=sys.stderr.isatty()), threshold, stream)
    logging.basicConfig(level=max(threshold, WARNING), stream=stream, format="%(name)s: %(message)s")


def ignored(found: sys.UnraisableHookArgs) -> None:
    """For ``sys.unraisablehook``: what Python can raise nowhere is one line of the log, too.

    Bytes that are no text are what a stranger has said (as host name in a TLS handshake, RFC 6066 §3), and no fault
    of ours: with a traceback for each the log would be his.
    """
    error = found.exc_value
    if isinstance(error, UnicodeDecodeError) and isinstance(found.object, bytes):
        get("python").info("not understood", error=str(error))
    else:
        get("python").exception(found.err_msg or "ignored", exc_info=error, where=repr(found.object))


class Log:
    """The log of one station (``mx``, ``imap`` …)."""

    __slots__ = ("_station",)

    def __init__(self, station: str) -> None:
        self._station = station

    def debug(self, event: str, **facts: Any) -> None:
        _lines.say(DEBUG, "debug", self._station, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        _lines.say(INFO, "info", self._station, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        _lines.say(WARNING, "warning", self._station, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        _lines.say(ERROR, "error", self._station, event, facts)

    def exception(self, event: str, **facts: Any) -> None:
        """An error with its traceback: that of ``exc_info``, or of what is being handled."""
        _lines.say(ERROR, "error", self._station, event, {"exc_info": True, **facts})


def get(name: str) -> Log:
    """The log of a station. `configure` may come later."""
    return Log(name)


class Lines:
    """Where lines are made and written; those that matter less than ``threshold`` are not."""

    def __init__(self, render: Callable[[Line], str], threshold: int, stream: Unfailing) -> None:
        self._render = render
        self._threshold = threshold
        self._counted = min(threshold, INFO)
        self._stream = stream
        self._turn = threading.Lock()

    def say(self, level: int, name: str, station: str, event: str, facts: Line) -> None:
        if level < self._counted:
            return
        tally.add(f"{station} {event}")
        if level < self._threshold:
            return
        now = _timestamp(time.time_ns() // 1000)
        line = self._render({"station": station, **facts, "event": event, "level": name, "timestamp": now})
        with self._turn:  # in one piece, for several processes write
            self._stream.write(line + "\n")
            self._stream.flush()


def _timestamp(microseconds: int) -> str:
    """``2026-11-25T09:34:59.000001Z``"""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest:06}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _as_json(line: Line) -> str:
    if "exc_info" in line:
        line = dict(structlog.processors.format_exc_info(None, "", line))
    said = [
        f'"{key}": {quoted(one) if type(one) is str else one if type(one) is int else _encode(one)}'
        for key, one in line.items()
    ]
    return f"{{{', '.join(said)}}}"


def _for_people(*, colors: bool) -> Callable[[Line], str]:
    # plain tracebacks: the pretty ones print local variables, and with them passwords
    pretty = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return lambda line: pretty(None, "", _one_line(line))


def _one_line(line: Line) -> Line:
    """What strangers have said is shown without line ends and without what a terminal would obey."""
    for key, value in line.items():
        if isinstance(value, str) and not value.isprintable():
            line[key] = value.encode("unicode_escape").decode("ascii")
    return line


class Unfailing:
    """A text stream that swallows what it cannot write; ValueError: it was closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            return 0
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


_lines = Lines(_for_people(colors=False), DEBUG, Unfailing(sys.__stderr__ or sys.stderr))
