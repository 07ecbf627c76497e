"""``make fuzz``: every property is tried on ever new input, each for `MINUTES`, as many at once as there are cores.

What is a property pytest knows: whatever Hypothesis calls, wherever it stands, so that no parser's can be forgotten.
Those that need a store have SQLite's. Whatever fails is printed with the input that shows it, and the exit status is 1;
keep that input as a test of its own (``@example`` beside the property, or a plain test), since the next run tries
others. Ctrl-C ends it at once and says what was tried so far.

    make fuzz                             ten minutes for each of some 150 properties: half a day, for a quiet machine
    make fuzz MINUTES=1                   a look
    make fuzz ONLY="tests/unit/proto …"   some folders, files, or properties (file::name)
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINUTES = 10.0
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
PATIENCE = 3  # a round that takes so many times the minutes hangs, which is a failure too
WIDTH = 40
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one property: how many rounds of it were tried, how long, and what the failing one printed."""

    name: str
    rounds: int
    seconds: float
    failure: str


@dataclass(slots=True)
class Fuzz:
    """The rounds that run now, and since when each property is tried; threads share it."""

    minutes: float
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def try_it(self, name: str) -> Tried:
        """Round after round until the time is over, one has failed, or somebody wants an end."""
        start, rounds, failure = time.monotonic(), 0, ""
        self.since[name] = start
        while not (failure or self.ended.is_set()) and time.monotonic() < start + self.minutes * 60:
            failure = self._round(name)
            rounds += not self.ended.is_set()
        del self.since[name]
        return Tried(name, rounds, time.monotonic() - start, failure)

    def _round(self, name: str) -> str:
        """What a failing round printed; "" for one that passes or is ended."""
        command = (*PYTEST, "-x", "--timeout=0", name)
        environment = {**os.environ, "MAILNODE_FUZZ": "1"}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        ) as one:  # fmt: skip
            self.running[name] = one
            if self.ended.is_set():
                end(one)
            try:
                printed, _ = one.communicate(timeout=PATIENCE * self.minutes * 60)
            except subprocess.TimeoutExpired:
                end(one)
                printed = f"still at the same round after {PATIENCE * self.minutes:g} minutes"
            del self.running[name]
            return printed if one.returncode and not self.ended.is_set() else ""

    def end(self) -> None:
        self.ended.set()
        for one in list(self.running.values()):
            end(one)

    def share(self, done: int, total: int) -> float:
        """Which part of the work is done, from 0 to 1."""
        parts = (min((time.monotonic() - since) / (self.minutes * 60), 1) for since in list(self.since.values()))
        return (done + sum(parts)) / total


def end(one: subprocess.Popen[str]) -> None:
    """With all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(one.pid, signal.SIGKILL)


def properties(only: str) -> list[str]:
    """The names by which pytest knows the properties in a folder or file, or the one that is meant."""
    place, _, name = only.partition("::")
    path = (ROOT / place).resolve()
    files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    files = [file for file in files if file.is_file() and "from hypothesis" in file.read_text("utf-8")]
    if not files:
        return []
    meant = [f"{file}::{name}" if name else str(file) for file in files]
    command = (*PYTEST, "--collect-only", "-m", "hypothesis", *meant)
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [line for line in printed.splitlines() if "::" in line and "[postgresql" not in line]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=MINUTES)
    options.add_argument("--only", nargs="+", default=["tests"])
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [name for only in given.only for name in properties(only)]
    if not names:
        print(f"There are no properties in {' '.join(given.only)}", file=sys.stderr)
        return 2
    return run(Fuzz(given.minutes), names, given.jobs)


def run(fuzz: Fuzz, names: list[str], jobs: int) -> int:
    """All of them, ``jobs`` at once; 0 when all have held, 1 when one has not, 130 when it was interrupted."""
    tried: list[Tried] = []
    status = 0
    with ThreadPoolExecutor(jobs) as pool:
        left = {pool.submit(fuzz.try_it, name) for name in names}
        try:
            while left:
                left = _look(fuzz, left, tried, len(names))
        except KeyboardInterrupt:
            fuzz.end()
            pool.shutdown(cancel_futures=True)
            status = INTERRUPTED
    failed = sum(bool(one.failure) for one in tried)
    print(f"\n{len(tried)} of {len(names)} properties tried, {failed} with a failure", flush=True)
    return status or bool(failed)


def _look(fuzz: Fuzz, left: set[Future[Tried]], tried: list[Tried], total: int) -> set[Future[Tried]]:
    """Show what has come since the last look; what is still to do."""
    done, left = wait(left, timeout=1, return_when=FIRST_COMPLETED)
    for one in done:
        tried.append(one.result())
        _show(tried[-1])
    if sys.stdout.isatty() or done:
        share = fuzz.share(len(tried), total)
        bar = "#" * int(share * WIDTH)
        print(f"\r[{bar:.<{WIDTH}}] {share:4.0%}  {len(tried)} of {total} ", end="", flush=True)
    return left


def _show(tried: Tried) -> None:
    print(f"\n{tried.name}: {tried.rounds} rounds in {tried.seconds / 60:.1f} minutes", flush=True)
    if tried.failure:
        print(f"{tried.name} FAILED in round {tried.rounds}:\n{tried.failure}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
