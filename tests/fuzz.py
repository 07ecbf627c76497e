"""``make fuzz``: every property of a parser is tried on ever new input, for `MINUTES` each, on all cores.

Whatever fails is printed with the input that shows it, and the exit status is 1; keep that input as a test of its own
(``@example`` beside the property, or a plain test), since the next run tries others. Tests that need a browser, a
server or PostgreSQL are left out.

    make fuzz                             ten minutes for each of some forty files: hours, for a quiet machine
    make fuzz MINUTES=1                   a look
    make fuzz ONLY=tests/unit/proto       one folder or file
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINUTES = 10.0
PARSERS = (
    "properties",
    "unit/proto",
    "unit/message",
    "unit/senderauth",
    "unit/relay",
    "unit/filters",
    "unit/mx",
    "unit/directory",
    "unit/zone",
    "api",
)
NEEDING_MORE = ("sqlite_store", "store: Store", "site: Site", "server: ")
WIDTH = 40


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one file: how many rounds of it were tried, and the output of the one that failed, if any."""

    file: Path
    rounds: int
    failure: str


def properties(only: str) -> list[Path]:
    """The files of tests with properties of parsers, those of one folder or file if it is given."""
    found = (path for part in PARSERS for path in (ROOT / "tests" / part).rglob("test_*.py"))
    wanted = (ROOT / only).resolve()
    return sorted(path for path in found if path.is_relative_to(wanted) and _is_property(path.read_text("utf-8")))


def _is_property(text: str) -> bool:
    return "from hypothesis" in text and not any(word in text for word in NEEDING_MORE)


def fuzz(file: Path, minutes: float) -> Tried:
    """Try a file's properties round after round until the time is over or one has failed."""
    end, rounds = time.monotonic() + minutes * 60, 0
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=0", "-p", "no:cacheprovider", str(file)]
    while True:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "MAILNODE_FUZZ": "1"}, capture_output=True, text=True, check=False
        )
        rounds += 1
        if done.returncode:
            return Tried(file, rounds, done.stdout + done.stderr)
        if time.monotonic() >= end:
            return Tried(file, rounds, "")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=MINUTES)
    options.add_argument("--only", default="tests")
    given = options.parse_args()
    files = properties(given.only)
    if not files:
        print(f"There are no properties of parsers in {given.only}", file=sys.stderr)
        return 2
    failed = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [pool.submit(fuzz, file, given.minutes) for file in files]
        for done, run in enumerate(as_completed(runs), 1):
            tried = run.result()
            failed += bool(tried.failure)
            _show(tried, done, len(files))
    print(f"{len(files)} files, {failed} with a failure")
    return 1 if failed else 0


def _show(tried: Tried, done: int, total: int) -> None:
    if tried.failure:
        print(f"\r{tried.file.relative_to(ROOT)} failed in round {tried.rounds}:\n{tried.failure}")
    bar = "#" * (done * WIDTH // total)
    print(f"\r[{bar:{WIDTH}}] {done}/{total} {tried.file.relative_to(ROOT)}: {tried.rounds} rounds", flush=True)


if __name__ == "__main__":
    sys.exit(main())
