"""README.md tells the truth about folders, settings, commands, files and pictures, in both languages."""

from __future__ import annotations

import re
import shlex

import pytest

from mailnode.cli import parser
from mailnode.settings import Settings
from tests.support.tree import ROOT, files

READMES = ("README.md", "README.zh-CN.md")
MAPPED = ("mailnode", "backend", "frontend/src", "tests")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def folders(name: str) -> set[str]:
    """The folders of the map: lines such as ``mailnode/store/  what is kept`` in its code block."""
    return set(re.findall(r"^([a-z][\w/]*)/\s", text(name), re.MULTILINE))


def tree() -> set[str]:
    """The folders right below the mapped ones, and the mapped ones themselves."""
    found = set(MAPPED)
    for path in files():
        for top in MAPPED:
            rest = path.removeprefix(f"{top}/")
            if rest != path and "/" in rest:
                found.add(f"{top}/{rest.split('/')[0]}")
    return found


@pytest.mark.parametrize("name", READMES)
def test_folder_map_equals_the_tree(name: str) -> None:
    assert folders(name) == tree()


@pytest.mark.parametrize("name", READMES)
def test_every_setting_is_named(name: str) -> None:
    missing = [field for field in Settings.model_fields if f"`MAILNODE_{field.upper()}`" not in text(name)]
    assert missing == []


@pytest.mark.parametrize("name", READMES)
def test_no_setting_is_invented(name: str) -> None:
    named = set(re.findall(r"`MAILNODE_([A-Z0-9_]+)`", text(name)))
    assert named - {field.upper() for field in Settings.model_fields} - {"CONFIG"} == set()


@pytest.mark.parametrize("name", READMES)
def test_files_and_pictures_exist(name: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", text(name)) + re.findall(
        r"`((?:mailnode|backend|frontend)/[\w/.-]+)`", text(name)
    )
    assert [target for target in targets if not (ROOT / target).exists()] == []


def commands(name: str) -> list[list[str]]:
    """The arguments of each example, which stands on a line of its own."""
    found = re.findall(r"^    (?:[^#]*\| )?mailnode (.*)", text(name), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in found]


def test_every_command_that_is_shown_exists() -> None:
    shown = commands("README.md")
    assert shown == commands("README.zh-CN.md")
    for arguments in shown:
        parser.build().parse_args(arguments)


def test_both_languages_have_the_same_parts() -> None:
    counts = [len(re.findall(r"^## ", text(name), re.MULTILINE)) for name in READMES]
    assert counts[0] == counts[1]
