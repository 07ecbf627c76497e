"""Checkers of the virtual environment and of the web client, run as a person would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import needs
from tests.support.tree import ROOT


def passes(program: str, *arguments: str) -> None:
    """Run a program of the virtual environment in the repository; its output is the failure."""
    _passes(ROOT, str(Path(sys.executable).parent / program), *arguments)


def client_passes(script: str) -> None:
    """Run a script of the web client; its output is the failure."""
    _passes(ROOT / "frontend", needs.program("npm"), "run", "--silent", script)


def _passes(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
