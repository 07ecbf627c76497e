"""POP3 in Chinese."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mailnode.pop3
from mailnode.pop3 import language
from mailnode.proto import pop3
from mailnode.sentences import POP3_CHINESE

FOLDER = Path(mailnode.pop3.__file__).parent


def said() -> set[str]:
    """Every sentence that stands in the code as what is said to a client, # for numbers."""
    found: set[str] = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("pop3.ok", "pop3.err", "pop3.listing"):
                found |= {pattern(each) for argument in node.args[:1] for each in choices(argument)}
    return {sentence for sentence in found if any(letter.isalpha() for letter in sentence)} - {"Mailnode ready"}


def choices(argument: ast.expr) -> list[ast.expr]:
    return [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]


def pattern(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return "".join("#" if letter.isdigit() else letter for letter in str(argument.value))
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "#" for part in argument.values)
    return ""


@pytest.mark.parametrize("sentence", sorted(said() - {"# #"}))
def test_every_sentence_has_one(sentence: str) -> None:
    assert sentence in POP3_CHINESE


def test_numbers_are_the_same_in_both() -> None:
    assert {text.count("#") for text in POP3_CHINESE} <= {0, 1, 2}
    assert [text for text, chinese in POP3_CHINESE.items() if text.count("#") != chinese.count("#")] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (pop3.ok("12 messages"), "+OK 共 12 封邮件\r\n"),
        (pop3.err("Not now", "SYS/TEMP"), "-ERR [SYS/TEMP] 当前不能使用此命令\r\n"),
        (pop3.listing("Sizes", ["1 2"]), "+OK 邮件大小\r\n1 2\r\n.\r\n"),
        (pop3.ok("2 320"), "+OK 2 320\r\n"),
        (pop3.ok(), "+OK\r\n"),
        (b"", ""),
    ],
)
def test_replies(english: bytes, chinese: str) -> None:
    assert language.in_chinese(english) == chinese.encode()
