"""The files of the repository, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("frontend/src/api/schema.d.ts",)


@cache
def files() -> tuple[str, ...]:
    """Every file under version control that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def python_files() -> list[str]:
    return [name for name in files() if name.endswith(".py")]


def source_files() -> list[str]:
    """What people write and read: Python, TypeScript, Svelte and style sheets, not what a tool wrote."""
    kinds = (".py", ".ts", ".svelte", ".css")
    return [name for name in files() if name.endswith(kinds) and name not in GENERATED]


def text_files() -> list[str]:
    """Everything that is not a test's data or a picture."""
    return [name for name in files() if not name.startswith(("tests/corpus/", "docs/pictures/"))]
