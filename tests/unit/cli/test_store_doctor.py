"""`mailnode doctor --store` says what is wrong with what is kept, and mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.store import messages
from mailnode.store.models import Mailbox, UserCounter
from tests.unit.store.mail import mail

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from tests.unit.cli.conftest import Command


@pytest.fixture
def filled(made: Command) -> Command:
    def step(tx: Session) -> None:
        messages.append(tx, edit.user(tx, "anna@example.com").id, "INBOX", mail(1))

    with opened() as home:
        home.write(step)
    return made


def test_a_sound_store(filled: Command) -> None:
    ended = filled("doctor", "--store")
    assert (ended.status, ended.out) == (0, "The store is sound\n")
    assert filled("doctor", "--store", "--json").json == []


def test_what_can_be_mended_is(filled: Command) -> None:
    with opened() as home:
        home.write(lambda tx: tx.execute(update(Mailbox).values(messages=5)))
        home.write(lambda tx: tx.execute(update(UserCounter).values(size=5)))
    ended = filled("doctor", "--store")
    assert ended.status == 1
    assert "counters of a mailbox" in ended.out
    assert "--repair" in ended.out
    ended = filled("doctor", "--store", "--repair")
    assert ended.status == 0
    assert "mended" in ended.out
    assert filled("doctor", "--store").status == 0


def test_what_cannot_is_said(filled: Command, tmp_path: Path) -> None:
    (segment,) = (tmp_path / "data/blobs").glob("*.seg")
    segment.write_bytes(b"")
    ended = filled("doctor", "--repair")
    assert ended.status == 1
    assert "1 faults cannot be mended here" in ended.out
    assert "$BodyLost" in ended.out
    rows = filled("doctor", "--store", "--json").json
    assert [(row["kind"], row["mended"]) for row in rows] == [("body", False)]
