"""`mailnode quarantine`: list, show, release, delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mailnode.cli.opened import opened
from mailnode.database import utcnow
from mailnode.delivery import quarantine
from mailnode.delivery.deliver import Mail
from mailnode.delivery.quarantine import Reason
from mailnode.queue.envelope import Recipient

if TYPE_CHECKING:
    import pytest

    from tests.unit.cli.conftest import Command

RAW = b"From: Eve <eve@a.test>\r\nSubject: Hello\r\n\r\nHello\r\n"


def keep() -> int:
    recipients = [Recipient("ann@example.com"), Recipient("bob@example.com")]
    reason = Reason("192.0.2.1", "several_froms", "The message has several From fields", 4)
    with opened() as home:
        return home.write(lambda tx: quarantine.put(tx, Mail.of("", RAW), recipients, reason, utcnow(), 30))


def test_a_message_is_listed_shown_released_and_deleted(command: Command) -> None:
    command("init")
    first, second = keep(), keep()
    assert [one["id"] for one in json.loads(command("quarantine", "list", "--json").out)] == [second, first]
    assert "ann@example.com +1" in command("quarantine", "list").out
    assert "The message has several From fields" in command("quarantine", "show", str(first)).out
    assert command("quarantine", "release", str(first)).out.startswith(f"Released {first}; it is on its way as ")
    assert len(json.loads(command("queue", "list", "--json").out)) == 1
    assert command("quarantine", "delete", str(second)).out.strip() == f"Deleted {second}"
    ended = command("quarantine", "show", str(second))
    assert (ended.status, ended.err.strip()) == (1, "mailnode: There is no such message in the quarantine")


def test_the_reason_is_told_in_chinese_but_not_to_programs(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("init")
    number = str(keep())
    plain = command("quarantine", "show", number, "--json").out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "邮件有多个 From 字段" in command("quarantine", "list").out
    assert "邮件有多个 From 字段" in command("quarantine", "show", number).out
    assert command("quarantine", "show", number, "--json").out == plain


def test_it_says_how_full_it_is(command: Command) -> None:
    command("init")
    keep()
    used = json.loads(command("quarantine", "usage", "--json").out)
    assert (used["messages"], used["size_bytes"], used["size_limit_bytes"], used["days"]) == (1, len(RAW), 1 << 30, 30)
    assert "1.0 GiB" in command("quarantine", "usage").out
