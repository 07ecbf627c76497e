"""What checks have found, in Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import mailnode
from mailnode.filters import milter
from mailnode.findings import Action, Finding
from mailnode.history import saying
from mailnode.sentences import DETAILS_CHINESE, FOUND, FOUND_CHINESE

FOLDER = Path(mailnode.__file__).parent
FOUND_BY = {"Seen": 1, "Finding": 2, "weighed_as": 2}  # the argument that is the sentence
FACT = "x"


def sentences() -> set[str]:
    """Every sentence that stands in the code as what a check has found, with something for each fact."""
    found: set[str] = set()
    for name in ("mx", "filters", "learning"):
        for path in (FOLDER / name).glob("*.py"):
            if path.name != "told.py":  # results, each of a word
                for node in ast.walk(ast.parse(path.read_text())):
                    found |= set(said_in(node)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else set()
    return {sentence for sentence in found if " " in sentence.replace(f"{FACT}: {FACT}", "")}


def said_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    known = {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FOUND_BY:
            for argument in node.args[FOUND_BY[node.func.id] :][:1]:
                yield from written(argument, known)


def written(node: ast.expr, known: Mapping[str, ast.expr]) -> list[str]:
    """All texts that an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name) if name in known:
            return written(known[name], {key: value for key, value in known.items() if key != name})
        case ast.FormattedValue(value=ast.Call(func=ast.Name())):  # a second sentence, or none
            return [""]
        case ast.FormattedValue(value=value):
            return written(value, known)
        case ast.IfExp(body=body, orelse=other):
            return [*written(body, known), *written(other, known)]
        case ast.BoolOp(values=values):
            return [text for value in values for text in written(value, known)]
        case ast.JoinedStr(values=values):
            texts = [""]
            for value in values:
                texts = [before + text for before in texts for text in written(value, known)]
            return texts
        case _:
            return [FACT]


@pytest.mark.parametrize("sentence", sorted(sentences() | {text for _, text in milter._WORDS.values()}))
def test_every_sentence_has_one(sentence: str) -> None:
    assert FOUND.in_chinese(sentence) != sentence


def test_all_checks_are_read() -> None:
    assert len(sentences()) >= 40


def test_facts_are_the_same_in_both() -> None:
    both = [*FOUND_CHINESE.items(), *DETAILS_CHINESE.items()]
    assert [english for english, chinese in both if english.count("{}") != chinese.count("{}")] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The message has 7.5 points of 5: no_date, unproved", "邮件得 7.5 分，阈值 5 分：no_date, unproved"),
        ("it could not be asked: no answer within 5 seconds", "无法检查：5 秒内没有应答"),
        ("it could not be asked: broken {0}", "无法检查：broken {0}"),
        ("7.0 of 15.0 points, add header: A (1.0)", "7.0 分，阈值 15.0 分，add header：A (1.0)"),
        ("zen.example.org lists the client's address (127.0.0.2)", "zen.example.org 列出了客户端的地址（127.0.0.2）"),
        (
            "The SPF record of a.test does not allow this client; a.test explains: Go away",
            "a.test 的 SPF 记录不允许此客户端；a.test 的说明：Go away",
        ),
        ("pass (example.org)", "pass (example.org)"),
        ("", ""),
    ],
)
def test_facts_are_kept(english: str, chinese: str) -> None:
    assert FOUND.in_chinese(english) == chinese


def test_what_was_found_is_told_in_the_readers_language() -> None:
    finding = Finding("no_date", 1.5, "The message has no Date field", Action.JUNK)
    assert saying.found(finding, "en") == "no_date: The message has no Date field (+1.5 points), to Junk"
    assert saying.found(finding, "zh") == "no_date：邮件没有 Date 字段（+1.5 分），放入垃圾邮件"
