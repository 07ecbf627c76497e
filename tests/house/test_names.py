"""Names: one word per thing, and no drawer for everything."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from tests.support.tree import ROOT, files, python_files, text_files

DRAWERS = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "lib", "tools"}
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def test_no_module_is_a_drawer() -> None:
    modules = [name for name in files() if name.endswith((".py", ".ts", ".svelte"))]
    stems = {name: PurePosixPath(name).with_suffix("").parts for name in modules}
    assert [name for name, parts in stems.items() if DRAWERS & set(parts)] == []


def test_nothing_is_left_for_later() -> None:
    code = [name for name in text_files() if name.startswith(("mailnode/", "backend/", "frontend/src/", "tests/"))]
    found = [name for name in code if UNFINISHED.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))]
    assert found == []


@pytest.mark.parametrize("name", python_files())
def test_module_says_what_it_is(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").lstrip()
    assert not text or text.startswith(('"""', 'r"""')), f"{name} has no docstring"


def test_no_package_registry_is_named() -> None:
    """The project installs from whatever registry its machine is set up for."""
    names = (("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("pypi", "org"), ("pythonhosted", "org"))
    hosts = re.compile("|".join(rf"{name}\.{end}" for name, end in names) + r"|deb\.debian\b|\"resolved\":")
    found = [name for name in text_files() if hosts.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))]
    assert found == []
