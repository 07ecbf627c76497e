"""`mailnode user restore` tells what it would do, and does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.store import entries, mailboxes, messages
from mailnode.store.models import Journal, UserCounter
from tests.unit.store.mail import mail

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.unit.cli.conftest import Command

RESTORE = ("user", "restore", "anna@example.com", "--at", "1h")


@pytest.fixture
def emptied(made: Command) -> Command:
    """Two days ago Anna had two messages in Work; just now a client has deleted the mailbox."""

    def past(tx: Session) -> None:
        user_id = edit.user(tx, "anna@example.com").id
        mailboxes.create(tx, user_id, "Work")
        for number in (1, 2):
            messages.append(tx, user_id, "Work", mail(number))
        tx.execute(update(Journal).values(at=Journal.at - 2 * 86_400))
        tx.execute(update(UserCounter).values(kept_since=UserCounter.kept_since - 2 * 86_400))

    with opened() as home:
        home.write(past)
        home.write(lambda tx: entries.remove_mailbox(tx, edit.user(tx, "anna@example.com").id, "Work"))
    return made


def test_a_dry_run_lists_and_changes_nothing(emptied: Command) -> None:
    ended = emptied(*RESTORE, "--dry-run")
    assert ended.status == 0
    assert "mailbox comes back" in ended.out
    assert "Message 2" in ended.out
    found = emptied(*RESTORE, "--dry-run", "--json").json
    assert (found["returned"], found["mailboxes"]) == (2, 1)
    assert [one["kind"] for one in found["changes"]] == ["make", "return", "return"]


def test_mail_comes_back(emptied: Command) -> None:
    shown = emptied("user", "show", "anna@example.com", "--json").json
    assert (shown["messages"], shown["kept_messages"]) == (0, 2)
    assert shown["kept_bytes"] > 0
    assert emptied(*RESTORE, "--mailbox", "Work").out.startswith("2 messages came back")
    shown = emptied("user", "show", "anna@example.com", "--json").json
    assert (shown["messages"], shown["kept_messages"]) == (2, 0)
    assert emptied(*RESTORE, "--dry-run").out == "Nothing is to be put back\n"


def test_one_message_by_its_uid(emptied: Command) -> None:
    found = emptied(*RESTORE, "--mailbox", "Work", "--uid", "2", "--json").json
    assert found["returned"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--at", "5d"), "no longer kept"),
        (("--at", "2031-01-01T00:00:00Z"), "not in the future"),
        (("--at", "yesterday"), "Give a time such as"),
        (("--at", "2026-11-20T08:00:00"), "Give a time such as"),
        (("--at", "1h", "--mailbox", "Nowhere"), "no such mailbox at that time"),
    ],
)
def test_a_refusal_says_why(emptied: Command, arguments: tuple[str, ...], sentence: str) -> None:
    ended = emptied("user", "restore", "anna@example.com", *arguments)
    assert ended.status == 1
    assert sentence in ended.err


def test_a_domain_says_how_long_things_are_kept(made: Command) -> None:
    assert made("domain", "show", "example.com", "--json").json["retention_days"] == 30
    assert made("domain", "set", "example.com", "--retention", "7").status == 0
    assert made("domain", "show", "example.com", "--json").json["retention_days"] == 7
    assert made("domain", "set", "example.com", "--retention", "-1").status == 1
