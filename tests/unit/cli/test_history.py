"""`mailnode history` and `mailnode explain`: what happened and what would happen, for people and for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mailnode.cli.opened import opened
from mailnode.findings import Action, Finding
from mailnode.history.details import Act, Arrival, Step, What
from mailnode.history.record import Story, record_many
from mailnode.sentences import CHINESE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import Command

CLIENT = Arrival("192.0.2.25", "mx.far.test", "far", "TLSv1.3", "ESMTPS")


def without_numbers(said: str) -> str:
    """Each rehearsal gives the message a number of its own."""
    return re.sub("(?<= as )[0-9a-f]+", "1", said)


def tell() -> None:
    story = Story(
        What.RECEIVED,
        "bert@far.test",
        "661213ed24e613b2300",
        message_id="one@far.test",
        size=900,
        arrival=CLIENT,
        findings=(
            Finding("spf", 0.0, "pass"),
            Finding("no_date", 1.5, "No Date", None),
            Finding("x", 0, "y", Action.JUNK),
        ),
    )
    there = Step(Act.FORWARDED, "all@example.com", target="carl@c.test", queue_id=7)
    sent = Step(
        Act.SENT, "carl@c.test", status="2.0.0", text="250 ok", host="mx.c.test [192.0.2.7]", tls="dane TLSv1.3"
    )
    no = Step(Act.REFUSED, "anna@example.com", 1, status="5.7.1", text="Listed", rule="zen.example.org", times=3)
    told = [
        (story, [Step(Act.KEPT, "all@example.com", 1, "INBOX", "anna@example.com"), there]),
        (Story(What.REFUSED, "spam@far.test"), [no]),
        (Story(What.ATTEMPTED, "bert@far.test", queue_id=7), [sent]),
    ]
    with opened() as home:
        home.write(lambda tx: record_many(tx, told))


def without_times(text: str) -> list[str]:
    return [line if line.startswith(" ") else line[19:].strip() for line in text.splitlines()]


def test_the_whole_way_of_a_message_in_sentences(made: Command) -> None:
    tell()
    assert without_times(made("history", "--id", "7").out) == [
        "661213ed24e613b2300  Received from bert@far.test",
        "    from mx.far.test [192.0.2.25], which calls itself far, with TLSv1.3",
        "    spf: pass",
        "    no_date: No Date (+1.5 points)",
        "    x: y, to Junk",
        "    all@example.com → anna@example.com: put into INBOX",
        "    all@example.com → carl@c.test: sent on, in the queue as 7",
        "7  Tried to bring it to another host",
        "    carl@c.test: taken by mx.c.test [192.0.2.7], with TLSv1.3, verified by DANE; "
        "mx.c.test [192.0.2.7] said: 250 ok",
    ]
    assert made("history", "--message-id", "<one@far.test>").out == made("history", "--id", "661213ed24e613b2300").out


def test_what_was_refused_in_chinese(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    tell()
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert without_times(made("history", "--refused").out) == [
        "拒收来自 spam@far.test 的邮件",
        "    anna@example.com：被规则 zen.example.org 拒收，3 次: 5.7.1 Listed",
        "      名单 zen.example.org 将发送方计算机的地址列为可疑。",
    ]


def test_why_something_was_refused_is_not_said_twice(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Step(Act.REFUSED, "anna@example.com", text="The mailbox is full", rule="over-quota")
    with opened() as home:
        home.write(lambda tx: record_many(tx, [(Story(What.REFUSED, "bert@far.test"), [full])]))
    assert without_times(made("history", "--refused").out) == [
        "Refused a message from bert@far.test",
        "    anna@example.com: refused by the rule over-quota: The mailbox is full",
    ]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert without_times(made("history", "--refused").out)[2:] == [f"      {CHINESE['over-quota']}"]


def test_by_address_for_programs(made: Command) -> None:
    tell()
    (one,) = made("history", "--address", "Carl@C.test", "--limit", "1", "--json").json
    assert (one["what"], one["queue_id"], one["steps"][0]["act"]) == ("attempted", 7, "sent")
    assert made("history", "--address", "nobody@c.test").out == "Nothing is known of that\n"


def test_an_explanation_names_what_would_apply(made: Command, tmp_path: Path) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_bytes(b"From: x@example.org\nSubject: Hello\n\nHello\n")
    given = ("--from", "bert@b.test", "--to", "anna+x@example.com", "--ip", "127.0.0.1", "--file", str(letter))
    said = {(one["stage"], one["name"]) for one in made("explain", *given, "--json").json}
    assert {("restriction", "reject_unauth_destination"), ("delivery", "kept"), ("answer", "")} <= said
    shown = made("explain", "--from", "", "--to", "nobody@example.com", "--ip", "127.0.0.1").out
    assert "550 5.1.1 No such user here" in shown
    assert made("history").out == "Nothing is known of that\n"


def test_an_explanation_in_chinese_and_the_same_for_programs(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("explain", "--from", "anna@example.com", "--to", "anna@example.com", "--login", "anna@example.com")
    plain = without_numbers(made(*given, "--json").out)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert without_numbers(made(*given, "--json").out) == plain
    lines = [line.split() for line in without_numbers(made(*given).out).splitlines()]
    assert [line for line in lines if line[0] != "限额"] == [
        ["阶段", "规则", "结果"],
        ["客户端", "anna@example.com", "已登录，不作垃圾邮件判断"],
        ["目录", "anna@example.com", "用户", "anna@example.com"],
        ["配额", "anna@example.com", "已存字节数", "0（上限", "10737418240），邮件数", "0（上限", "1000000）"],
        ["投递", "存入", "anna@example.com：INBOX"],
        ["答复", "-", "接收（250", "2.0.0", "Accepted", "as", "1）"],
        ["未指定", "--file，因此不检查内容和签名"],
    ]
    assert ["限额", "用户：每小时邮件数", "已发", "0，上限", "1000"] in lines
    assert made("explain", "--from", "x", "--to", "y").err == "mailnode: 'x' 不是邮件地址\n"


def test_who_cannot_be_meant_is_told_so(made: Command) -> None:
    assert made("explain", "--from", "x", "--to", "anna@example.com").err == "mailnode: 'x' is not a mail address\n"
    ended = made("explain", "--from", "a@b.test", "--to", "anna@example.com", "--login", "z@example.com")
    assert ended.status == 1


@pytest.mark.parametrize("limit", ["0", "-4", "x", "9" * 40])
def test_a_number_of_rows_that_is_none_is_wrong_usage(command: Command, limit: str) -> None:
    assert command("history", "--limit", limit).status == 2
