"""Logs: one line an event, for people on a terminal and as JSON for machines.

Events are short fixed words, facts are keys; no message bodies, no passwords. Each is counted (`tally`), from ``info``
on also where fewer are written. A log that cannot be written (a full disk, a reader that has gone) loses lines and
stops nobody.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

from mailnode import tally

METHODS = {"exception": "error", "warn": "warning"}  # whose names are no level's

_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def configure(form: Literal["text", "json"] = "text", level: str = "info") -> None:
    """Set the process's log up once, at its start. Everything goes to standard error."""
    threshold = getattr(logging, level.upper())
    stream: Any = Unfailing(sys.stderr)
    shared: list[Any] = [
        _count,
        *([] if threshold <= logging.INFO else [_from(threshold)]),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        shared += [structlog.processors.format_exc_info, _as_json]
    else:
        # plain tracebacks: the pretty ones print local variables, and with them passwords
        plain = structlog.dev.plain_traceback
        shared += [_one_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(min(threshold, logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(stream),  # a line in one piece, for several processes write
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), stream=stream, format="%(name)s: %(message)s")


def _count(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    tally.add(f"{event.get('station', '')} {event['event']}")
    return event


def _from(threshold: int) -> Any:
    """Nothing that matters less is written."""

    def passes(_logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if logging.getLevelNamesMapping()[METHODS.get(name, name).upper()] < threshold:
            raise structlog.DropEvent
        return event

    return passes


def _as_json(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    return _encode(event)


def _one_line(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What strangers have said is shown without line ends and without what a terminal would obey."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = value.encode("unicode_escape").decode("ascii")
    return event


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


def get(name: str) -> Any:
    """A logger that carries the station's name (``mx``, ``imap`` …). `configure` may come later."""
    return structlog.get_logger(station=name)
