"""Files of at most 400 lines, functions of at most 50. The list of excused ones stays empty."""

from __future__ import annotations

import ast

import pytest

from tests.support.tree import ROOT, python_files, source_files

FILE_LINES = 400
FUNCTION_LINES = 50
EXCUSED: frozenset[str] = frozenset()


@pytest.mark.parametrize("name", source_files())
def test_file_is_short(name: str) -> None:
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES or name in EXCUSED


@pytest.mark.parametrize("name", python_files())
def test_functions_are_short(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    long = [
        f"{node.name} has {length} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not long, f"{name}: {', '.join(long)}"
