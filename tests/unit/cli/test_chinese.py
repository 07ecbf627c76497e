"""What commands say in Chinese beside their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from mailnode.cli import dns
from mailnode.zone.advice import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("user", "add", "x", "--password-stdin"), "'x' 不是邮件地址"),
        (("user", "set", "anna@example.com", "--quota", "much"), "'much' 不是字节数，例如 1000000、500M 或 2G"),
        (("limits", "set", "example.com", "--daily-messages", "few"), "'few' 不是从 0 开始的数字，也不是 default"),
        (("transport", "set", "*", "--to", "gopher://x"), "请写成 smtp://host:port 或"),
        (("alias", "remove", "x@example.com"), "没有此别名"),
    ],
)
def test_why_a_command_fails_in_chinese(
    made: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert said in made(*arguments, stdin="correct horse\n").err


def test_what_stands_still_and_why_in_chinese_but_not_for_programs(
    made: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    made("queue", "freeze", "--user", "anna@example.com")
    made("suppressed", "add", "example.com", "gone@far.example")
    plain = [made(*arguments, "--json").out for arguments in (("queue", "frozen"), ("suppressed", "list"))]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    frozen, suppressed = made("queue", "frozen").out, made("suppressed", "list").out
    assert frozen.splitlines()[1].startswith("用户  anna@example.com")
    assert "管理员操作" in frozen
    assert "管理员操作" in suppressed
    assert [made(*arguments, "--json").out for arguments in (("queue", "frozen"), ("suppressed", "list"))] == plain


def test_every_verdict_on_a_record_has_its_word() -> None:
    assert set(dns.VERDICTS) == set(get_args(Verdict))


def test_why_a_line_is_not_taken_in_chinese(made: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    file = tmp_path / "users.csv"
    file.write_text("anna@example.com,correct horse\nb@example.com,x\n\nc\n")
    assert [line.partition("：")[2] for line in made("user", "import", str(file)).err.splitlines()[1:]] == [
        "密码须为 8 到 1024 个字符",
        "有 1 列，应为 2 到 4 列",
    ]
    file.write_text("anna@example.com,correct horse\n")
    assert made("user", "import", str(file)).err.splitlines()[1].endswith("：anna@example.com：此地址已存在")
    file.write_text("b: |/bin/sh\nanna: b@b.test\n")
    assert [line.partition("：未导入：")[2] for line in made("alias", "import", str(file)).err.splitlines()] == [
        "不运行程序：|/bin/sh",
        "anna：此地址已存在",
    ]
