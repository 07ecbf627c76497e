"""Run a program that people use, and be told all it said when it fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support import needs


def ended(
    *command: str | Path, stdin: str = "", home: Path | None = None, seconds: float = 240
) -> subprocess.CompletedProcess[str]:
    """However it ends. ``home`` is the folder where it finds its settings, and nothing of the tester's."""
    return subprocess.run(
        [needs.program(str(command[0])), *map(str, command[1:])],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=os.environ | ({"HOME": str(home), "TERM": "xterm"} if home else {}),
    )


def run(*command: str | Path, stdin: str = "", home: Path | None = None, seconds: float = 240) -> str:
    """What it says, errors last; it must succeed."""
    done = ended(*command, stdin=stdin, home=home, seconds=seconds)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
