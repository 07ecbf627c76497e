"""The import contracts of pyproject.toml hold, and nobody lives outside them."""

from __future__ import annotations

import re
import tomllib

from tests.support import checks
from tests.support.tree import ROOT, python_files


def test_import_contracts() -> None:
    checks.passes("lint-imports", "--no-cache")


def test_every_part_of_mailnode_has_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    placed = {name for layer in layers for name in re.findall(r"mailnode\.(\w+)", layer)}
    parts = {name.split("/")[1].removesuffix(".py") for name in python_files() if name.startswith("mailnode/")}
    assert parts - placed == {"__init__"}
