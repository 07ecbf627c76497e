"""What the doors tell the history: one row for what was kept, one for what was refused, each in its transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import mailnode.mx.serve
from mailnode.history import asking, finding, keys
from mailnode.history.asking import Question
from mailnode.history.details import Act, What
from mailnode.history.finding import Row
from mailnode.history.viewing import ADMINISTRATOR, Viewer
from tests.support.ports import until
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    with SmtpDoors(mailnode.mx.serve, tmp_path_factory.mktemp("mx")) as made:
        yield made


def newest(doors: SmtpDoors) -> Row:
    return doors.context.offload.read_now(lambda tx: finding.everything(tx, most=1)[0])


def test_an_ordinary_message_is_one_row(doors: SmtpDoors) -> None:
    letter = LETTER.replace(b"Subject", b"Message-ID: <one@example.org>\r\nSubject")
    with Talk(doors.port) as talk:
        reply = talk.send("x@example.org", ["bob@example.com"], letter)
    row = newest(doors)
    assert row.what is What.RECEIVED
    assert reply.endswith(row.trace)
    assert [(step.act, step.recipient, step.user_id, step.mailbox) for step in row.detail.steps] == [
        (Act.KEPT, "bob@example.com", doors.users["bob"], "INBOX")
    ]
    assert (row.detail.message_id, row.detail.arrival.hello) == ("one@example.org", "client.example.org")
    found = doors.context.offload.read_now(lambda tx: finding.find(tx, keys.message_id("one@example.org")))
    assert found == [row]


def test_an_alias_tells_whom_it_led_to(doors: SmtpDoors) -> None:
    with Talk(doors.port) as talk:
        talk.send("x@example.org", ["team@example.com"])
    steps = newest(doors).detail.steps
    assert [(step.act, step.recipient, step.target) for step in steps] == [
        (Act.KEPT, "team@example.com", "ann@example.com"),
        (Act.KEPT, "team@example.com", "bob@example.com"),
        (Act.FORWARDED, "team@example.com", "far@remote.example"),
    ]
    assert steps[2].queue_id == doors.queued()[-1][0].id


def test_of_two_recipients_each_sees_itself(doors: SmtpDoors) -> None:
    with Talk(doors.port) as talk:
        talk.send("x@example.org", ["ann@example.com", "bob@example.com"])
    viewer = Viewer(doors.users["bob"])
    page = doors.context.offload.read_now(lambda tx: asking.page(tx, viewer, Question(), limit=1))
    assert [step.recipient for step in page.rows[0].detail.steps] == ["bob@example.com"]
    assert page.next == page.rows[0].id


def refused(doors: SmtpDoors, viewer: Viewer) -> list[Row]:
    question = Question(refused=True)
    return doors.context.offload.read_now(lambda tx: asking.page(tx, viewer, question)).rows


def test_a_message_that_cannot_be_read_is_refused_in_writing(doors: SmtpDoors) -> None:
    with Talk(doors.port) as talk:
        assert talk.send("x@example.org", ["bob@example.com"], LETTER + b"\x00\r\n").startswith("554")
    until(lambda: refused(doors, Viewer(doors.users["bob"])))
    (row,) = refused(doors, Viewer(doors.users["bob"]))
    assert [(step.recipient, step.rule) for step in row.detail.steps] == [("bob@example.com", "nul")]


def test_a_size_that_is_refused_in_advance_is_found_by_its_sender(doors: SmtpDoors) -> None:
    with Talk(doors.port) as talk:
        assert talk.say("MAIL FROM:<large@example.org> SIZE=99999999999").startswith("552 5.3.4")
    question = Question(address="large@example.org", refused=True)
    until(lambda: doors.context.offload.read_now(lambda tx: asking.page(tx, ADMINISTRATOR, question)).rows)
    row = newest(doors)
    assert (row.sender, row.detail.arrival.hello) == ("large@example.org", "client.example.org")
    assert [(step.recipient, step.rule, step.status) for step in row.detail.steps] == [("", "too-big", "5.3.4")]


def test_what_was_refused_is_shown_to_whom_it_was_for(doors: SmtpDoors) -> None:
    with Talk(doors.port) as talk:
        assert talk.send("x@example.org", ["full@example.com"], LETTER * 2).startswith("552")
        for _ in range(3):
            talk.send("x@example.org", ["nobody@example.com"])
    until(lambda: sum(one.detail.steps[0].recipient == "nobody@example.com" for one in refused(doors, ADMINISTRATOR)))
    (mine,) = refused(doors, Viewer(doors.users["full"]))
    step = mine.detail.steps[0]
    assert (step.act, step.recipient, step.rule, step.text) == (
        Act.REFUSED,
        "full@example.com",
        "delivery",
        "Full; ask the office",
    )
