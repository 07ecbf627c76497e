"""New mail goes where the user's own filter puts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailnode.delivery import steps
from mailnode.delivery.deliver import Mail, deliver_all
from mailnode.directory.lookup import LocalUser, resolve
from mailnode.history.details import Act
from mailnode.learning.judging import Known
from mailnode.learning.model import LEAST
from mailnode.queue.envelope import Recipient
from mailnode.queue.outcome import Delivered
from tests.support.store import Store
from tests.unit.learning.taught import junk_mail, teach, wanted_mail

ADDRESS = "one@example.com"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def delivered(store: Store, mail: Mail) -> Delivered:
    with store.write() as tx:
        (ending,) = deliver_all(tx, mail, [Recipient(ADDRESS)], NOW)
    assert isinstance(ending, Delivered)
    return ending


def foreign(raw: bytes, *, junk: bool = False, proved: bool = False) -> Mail:
    return replace(Mail.of("x@example.org", raw), junk=junk, known=Known(raw, proved=proved))


@pytest.fixture
def taught(store: Store, user_id: int) -> Store:
    teach(store, user_id, LEAST, LEAST)
    return store


def test_what_looks_like_junk_goes_to_junk(taught: Store) -> None:
    assert delivered(taught, foreign(junk_mail(77))).mailbox == "Junk"
    assert delivered(taught, foreign(wanted_mail(77))).mailbox == "INBOX"


def test_the_history_says_why(taught: Store) -> None:
    ending = delivered(taught, foreign(junk_mail(77)))
    with taught.read() as tx:
        found = resolve(tx, ADDRESS)
    assert isinstance(found, LocalUser)
    step = steps.at_user(ADDRESS, found.user, ending)
    assert (step.act, step.mailbox, step.rule) == (Act.KEPT, "Junk", "own_filter")
    assert "win.example" in step.text
    assert "win.example" not in ending.text  # which is what the sender may be told


@pytest.mark.parametrize(("proved", "mailbox"), [(True, "INBOX"), (False, "Junk")])
def test_only_a_proved_author_comes_out_of_junk(taught: Store, proved: bool, mailbox: str) -> None:
    assert delivered(taught, foreign(wanted_mail(77), junk=True, proved=proved)).mailbox == mailbox


def test_mail_of_our_own_is_not_judged(taught: Store) -> None:
    assert delivered(taught, Mail.of("two@example.com", junk_mail(77))).mailbox == "INBOX"


def test_who_has_taught_nothing_has_no_filter(store: Store, user_id: int) -> None:
    assert delivered(store, foreign(junk_mail(77))).finding is None
