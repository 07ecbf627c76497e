"""`mailnode user uidls` keeps the ids by which POP3 clients know mail that has moved in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.store import mailboxes, messages, uidls
from tests.unit.store.mail import mail

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.unit.cli.conftest import Command

ANNA = "anna@example.com"


@pytest.fixture
def filled(made: Command) -> Command:
    """Anna has two messages in INBOX."""

    def step(tx: Session) -> None:
        for number in (1, 2):
            messages.append(tx, edit.user(tx, ANNA).id, mailboxes.INBOX, mail(number))

    with opened() as home:
        home.write(step)
    return made


def kept() -> dict[int, str]:
    def step(tx: Session) -> dict[int, str]:
        user_id = edit.user(tx, ANNA).id
        return uidls.of(tx, user_id, mailboxes.by_name(tx, user_id, mailboxes.INBOX).id)

    with opened() as home:
        return home.read(step)


def test_lines_of_uid_and_id(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "ids.csv"
    file.write_text("1,UID1-1136973824\r\n\r\n2,a,b\n")
    done = filled("user", "uidls", ANNA, str(file))
    assert (done.status, done.out) == (0, f"Set 2 unique ids of {ANNA}\n")
    assert kept() == {1: "UID1-1136973824", 2: "a,b"}


def test_a_heading_is_passed_over(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "ids.csv"
    file.write_text("UID,UIDL\n2,b\n")
    assert filled("user", "uidls", ANNA, str(file)).status == 0
    assert kept() == {2: "b"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1,a\nx,b\n", ":2: a line is UID,UIDL"),
        ("1\n", ":1: a line is UID,UIDL"),
        ("0,a\n", ":1: a line is UID,UIDL"),
        ("99999999999999999999,a\n", ":1: a line is UID,UIDL"),
        ("1,a\n1,b\n", ":2: the uid 1 stands there twice"),
        ("1,a\n2,a\n", "Another message has the unique id a"),
        ("1,a\n3,b\n", "There is no message with the uid 3"),
        ("1,\n", "is no unique id"),
    ],
)
def test_faults_are_told_in_a_sentence_and_nothing_is_kept(
    filled: Command, tmp_path: Path, content: str, sentence: str
) -> None:
    file = tmp_path / "ids.csv"
    file.write_text(content)
    done = filled("user", "uidls", ANNA, str(file))
    assert done.status == 1
    assert sentence in done.err
    assert kept() == {}
