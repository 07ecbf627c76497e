"""A bar for whoever waits: one line on standard error, drawn anew at most ten times a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType

WIDTH = 30


class Progress:
    """``with Progress("APPEND", 10_000) as bar: bar.step()``. Silent where nobody watches."""

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done = label, total, 0
        self._drawn = 0.0
        self._shown = sys.stderr.isatty()

    def step(self, count: int = 1) -> None:
        self.done += count
        if self._shown and time.monotonic() - self._drawn > 0.1:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        filled = WIDTH * self.done // max(self.total, 1)
        bar = "#" * filled + "." * (WIDTH - filled)
        sys.stderr.write(f"\r{self.label:32s} [{bar}] {self.done:>9,d} of {self.total:,d}\x1b[K")
        sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
