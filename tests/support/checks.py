"""Checkers of the virtual environment, run as a person would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.tree import ROOT


def passes(program: str, *arguments: str) -> None:
    """Run a program of the virtual environment in the repository; its output is the failure."""
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
