"""`mailnode filter`: status, forget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.learning import teaching
from mailnode.learning.lessons import Lesson
from mailnode.store import messages
from tests.support import ports

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command

ADDRESS = "anna@example.com"


def teach() -> None:
    with opened() as home:

        def step(tx: teaching.Session) -> None:
            user_id = edit.user(tx, ADDRESS).id
            message_id = messages.append(tx, user_id, "INBOX", b"Subject: pills\r\n\r\nBuy\r\n").message_id
            teaching.teach(tx, user_id, [Lesson(user_id, message_id, True, 1)])

        home.write(step)


def test_a_users_filter_is_shown_and_forgotten(made: Command) -> None:
    command = made
    teach()
    found = json.loads(command("filter", "status", ADDRESS, "--json").out)
    assert (found["junk"], found["wanted"], found["judges"]) == (1, 0, False)
    assert "Messages that are junk    1" in command("filter", "status", ADDRESS).out
    assert command("filter", "forget", ADDRESS).out.strip() == f"The filter of {ADDRESS} begins anew"
    assert json.loads(command("filter", "status", ADDRESS, "--json").out)["tokens"] == 0
    assert command("filter", "status", "nobody@example.com").status == 1


def test_content_filters_are_asked_whether_they_are_there(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("init")
    assert "MAILNODE_FILTERS" in command("filter", "status").out
    with ports.refusing() as port:
        monkeypatch.setenv("MAILNODE_FILTERS", f"clamd=tcp://127.0.0.1:{port}")
        (found,) = json.loads(command("filter", "status", "--json").out)
        advised = command("doctor", "--json").json
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert "无法检查：" in command("filter", "status").out
        assert json.loads(command("filter", "status", "--json").out) == [found]
    assert (found["filter"], found["answers"]) == ("clamd", False)
    assert found["text"].startswith("it could not be asked")
    (said,) = [one for one in advised if one["subject"].startswith("filter clamd")]
    assert (said["level"], said["advice"]) == ("warning", "start it, or take it out of MAILNODE_FILTERS")
