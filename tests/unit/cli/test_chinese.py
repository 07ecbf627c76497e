"""What commands say in Chinese beside their tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from mailnode.cli import dns, doctor
from mailnode.zone.advice import Verdict

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[3]


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


@pytest.mark.parametrize(
    ("module", "name", "value", "said"),
    [
        (("mailnode", "user", "list"), "WORKERS", "none", "mailnode: MAILNODE_WORKERS 无法使用：须为整数\n"),
        (
            ("mailnode", "serve"),
            "TLS_CIPHERS",
            "x",
            "mailnode: MAILNODE_TLS_CIPHERS 无法使用：OpenSSL 没有此加密套件\n",
        ),
        (("backend.server",), "IPV6", "perhaps", "MAILNODE_IPV6 无法使用：须为 true 或 false\n"),
    ],
)
def test_a_setting_that_cannot_be_used_in_chinese(
    made: Command, monkeypatch: pytest.MonkeyPatch, module: tuple[str, ...], name: str, value: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(f"MAILNODE_{name}", value)
    done = subprocess.run([sys.executable, "-m", *module], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr.splitlines(keepends=True)[-1]) == (1, said)


def test_what_the_doctor_finds_wrong_with_a_setting_in_chinese_but_not_for_programs(
    made: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILNODE_TLS_CERTIFICATE", "/nowhere")
    monkeypatch.setenv("MAILNODE_NAMESERVERS", "127.0.0.1:9")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    english = "MAILNODE_TLS_CERTIFICATE and MAILNODE_TLS_KEY are set together or not at all"
    assert english in [one["found"] for one in made("doctor", "--json").json]
    assert "MAILNODE_TLS_CERTIFICATE 和 MAILNODE_TLS_KEY 须同时设置，或都不设置" in made("doctor").out


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
