"""Why settings cannot be used is told in Chinese as well, and the log hears it in English."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mailnode import settings, strangers, unusable
from mailnode.sentences import Catalogue
from mailnode.settings import BadSettings, Settings
from tests.support.node import ROOT
from tests.unit.history.test_saying import written

RAISED = ("BadSettings", "SchemaTooNew", "CannotListen")
JUNK: list[Any] = [
    "",
    "x",
    "²",
    "a..b",
    "-1",
    "99999999999",
    "9" * 500,
    "1.5",
    "nan",
    "inf",
    "smtp://[::1",
    "smtp://h:x",
]
JUNK += [
    "smtp://h:70000",
    "no_date=x",
    "zen.test=1",
    "zen.test=[1..999].0.0.1",
    "a/b",
    "clamd=unix:/x?y=1",
    "::1:25",
    "h:²",
]
JUNK += [
    5,
    -5,
    0,
    10**30,
    1.5,
    float("inf"),
    True,
    [],
    [5],
    [{}],
    ["x"],
    [[]],
    {},
    {"x": 1},
    {"no_date": []},
    [{"x": 1}],
]
VALUES = Catalogue(unusable.VALUES_CHINESE)


def raised_in(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    """Every sentence that a file raises one of these errors with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                match node:
                    case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[ast.Call(func=ast.Name(id=other))])) if (
                        name in names
                    ):
                        yield from returned_by(functions[other])
                    case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[argument])) if name in names:
                        yield from written(argument, {})


def returned_by(function: ast.FunctionDef) -> Iterator[str]:
    known = {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from written(node.value, known)


@cache
def sentences() -> set[str]:
    paths = [*(ROOT / "mailnode").rglob("*.py"), *(ROOT / "backend").rglob("*.py")]
    return {sentence for path in paths for sentence in raised_in(path, RAISED)}


@cache
def of_values() -> set[str]:
    files = (str(one.__file__) for one in (settings, strangers))
    return {sentence for file in files for sentence in raised_in(Path(file), ("ValueError",))}


@pytest.mark.parametrize("sentence", sorted(sentences()))
def test_every_sentence_has_one(sentence: str) -> None:
    assert unusable.SETTINGS.in_chinese(sentence) != sentence


@pytest.mark.parametrize("sentence", sorted(of_values()))
def test_what_is_said_of_every_value_has_one(sentence: str) -> None:
    assert VALUES.in_chinese(sentence) != sentence


def test_all_is_read() -> None:
    assert len(sentences()) >= 15
    assert len(of_values()) >= 12
    assert "There is no TLS key at x; put it there, or let MAILNODE_TLS_x name another file" in sentences()


def test_a_sentence_stands_before_those_that_would_fit_it_as_well() -> None:
    both = [*unusable.SETTINGS_CHINESE.items(), *unusable.VALUES_CHINESE.items()]
    catalogues = {english: unusable.SETTINGS if english in unusable.SETTINGS_CHINESE else VALUES for english, _ in both}
    wrong = [
        english
        for english, chinese in both
        if catalogues[english].in_chinese(english.replace("{}", "1")) != chinese.replace("{}", "1")
    ]
    assert wrong == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_whatever_is_said_of_a_value_is_said_in_chinese(name: str) -> None:
    untold = set()
    for value in JUNK:
        try:
            Settings(**{name: value})
        except ValidationError as error:
            said = [one["msg"].removeprefix("Value error, ") for one in error.errors()[:1]]
            untold |= {sentence for sentence in said if VALUES.in_chinese(sentence) == sentence}
    assert untold == set()


@pytest.mark.parametrize(
    ("name", "value", "chinese"),
    [
        ("WORKERS", "none", "须为整数"),
        ("WORKERS", "300", "不能大于 256"),
        ("LOG_LEVEL", "loud", "须为 'debug', 'info', 'warning' 或 'error'"),
        ("LISTEN_IMAP", "::1:143", "'::1:143'：IPv6 地址请写成 [::1]:port"),
        ("CHECKS", "no_date={0}", "'{0}' 不是分值；请写分数、off 或 tag, junk, quarantine, defer, reject"),
    ],
)
def test_the_variable_is_named(name: str, value: str, chinese: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILNODE_CONFIG", raising=False)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv(f"MAILNODE_{name}", value)
    with pytest.raises(BadSettings) as caught:
        Settings.load()
    assert unusable.told(caught.value) == f"MAILNODE_{name} 无法使用：{chinese}"
    assert str(caught.value).startswith(f"MAILNODE_{name} cannot be used: ")  # for the log


def test_the_names_are_looked_up_in_the_readers_language() -> None:
    said = unusable.SETTINGS.in_chinese("There is no setting 'x'; look at README.md for the names")
    assert said == "没有设置项 'x'；名称见 README.zh-CN.md"
