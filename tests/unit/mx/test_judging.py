"""Strangers at port 25: a real door, a real name server, and clients of which it knows different things."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from mailnode.delivery import quarantine
from mailnode.mx.models import Greylisted
from mailnode.store import mailboxes
from mailnode.store.models import Mailbox
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.strangers import (
    BANNED,
    FALSE,
    KNOWN,
    LISTED,
    NAMELESS,
    NUMBERED,
    UNASKABLE,
    WELCOME,
    letter,
    stranger_door,
)

FROM_EXAMPLE = letter("Bob <bob@example.test>")
FORGED = b"Authentication-Results: mail.example.com; dmarc=pass\r\nX-Spam-Flag: YES\r\nX-Spam-Score: -9\r\n"
TRICK = letter(body='<a href="https://evil.test/x">www.bank.test</a>\r\n', more="Content-Type: text/html\r\n")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    checks = "link_lies=tag several_froms=quarantine program_attached=reject"
    with stranger_door(tmp_path_factory.mktemp("mx"), checks=checks) as running:
        yield running


def sent(door: SmtpDoors, content: bytes, source: str = KNOWN, sender: str = "ann@plain.test", hello: str = "") -> str:
    with Talk(door.port, hello or "mx.example.test", source) as talk:
        return talk.send(sender, ["ann@example.com"], content)


def found(stored: bytes) -> dict[str, float]:
    """The checks that have counted, from the field."""
    field = re.search(rb"tests=((?:[^\r]+|\r\n\t)*)\r\n", stored)
    pairs = field[1].decode().replace("\r\n\t", "").split(",") if field else ()
    return {name: float(points) for name, _, points in (pair.partition("=") for pair in pairs)}


def newest(door: SmtpDoors, mailbox: str = "INBOX") -> bytes:
    return door.inbox("ann", mailbox)[-1]


def test_our_fields_stand_above_received_and_forged_ones_go(door: SmtpDoors) -> None:
    assert sent(door, FORGED + FROM_EXAMPLE, sender="bob@example.test").startswith("250")
    stored = newest(door)
    names = [line.partition(b":")[0] for line in stored.split(b"\r\n") if b":" in line and line[:1] not in b" \t"]
    assert names[:6] == [
        b"Return-Path", b"Delivered-To", b"Authentication-Results", b"X-Spam-Status", b"X-Spam-Score", b"Received",
    ]  # fmt: skip
    assert (stored.count(b"Authentication-Results"), stored.count(b"X-Spam-Score"), b"X-Spam-Flag" in stored) == (
        1,
        1,
        False,
    )
    assert found(stored) == {"dmarc_pass": -0.5}
    assert b"from mx.example.test (mx.example.test [127.0.1.1])" in stored


def test_who_pretends_to_be_another_goes_to_junk_though_the_points_are_few(door: SmtpDoors) -> None:
    assert sent(door, FROM_EXAMPLE).startswith("250")
    assert newest(door, "Junk").startswith(b"Return-Path: <ann@plain.test>")
    assert b"X-Spam-Flag: YES\r\n" in newest(door, "Junk")
    assert "dmarc_reject" in found(newest(door, "Junk"))


def test_nobody_gets_around_a_policy_by_naming_a_second_author(door: SmtpDoors) -> None:
    authors = letter("Bob <bob@example.test>, Ann <ann@plain.test>")
    assert sent(door, authors, sender="bounce@mx.example.test").startswith("250")
    assert "several_authors" in found(newest(door, "Junk"))


def test_junk_mailbox_is_found_by_its_use_and_made_where_there_is_none(door: SmtpDoors) -> None:
    ann = door.users["ann"]
    door.write(lambda tx: mailboxes.rename(tx, ann, "Junk", "Rubbish"))
    sent(door, FROM_EXAMPLE)
    assert b"X-Spam-Flag" in newest(door, "Rubbish")
    door.write(lambda tx: tx.execute(update(Mailbox).where(Mailbox.name == "Rubbish").values(special_use=None)))
    sent(door, FROM_EXAMPLE)
    assert len(door.inbox("ann", "Junk")) == 1


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        (KNOWN, {"unproved"}),
        (NAMELESS, {"unproved", "no_reverse_name"}),
        (FALSE, {"unproved", "unconfirmed_name"}),
        (NUMBERED, {"unproved", "numbered_name"}),
        (LISTED, {"unproved", "bad.test"}),
        (WELCOME, {"unproved", "good.test"}),
        (UNASKABLE, {"unproved"}),
    ],
)
def test_what_the_dns_knows_of_the_client_counts(door: SmtpDoors, source: str, rules: set[str]) -> None:
    assert sent(door, letter(), source).startswith("250")
    assert set(found(newest(door))) == rules


def test_a_list_that_bans_refuses_recipients_but_those_who_must_be_reachable(door: SmtpDoors) -> None:
    with Talk(door.port, "mx.example.test", BANNED) as talk:
        talk.say("MAIL FROM:<ann@plain.test>")
        assert talk.say("RCPT TO:<ann@example.com>") == (
            "550 5.7.1 banned.test: banned.test lists the client's address (127.0.0.2)"
        )
        assert "banned" not in talk.say("RCPT TO:<postmaster@example.com>")


@pytest.mark.parametrize(
    ("hello", "rule"),
    [
        ("mail.example.com", "helo_is_us"),
        ("[127.0.1.99]", "helo_is_us"),
        ("example.com", "helo_our_domain"),
        ("127.0.1.5", "helo_bare_address"),
        ("[192.0.2.1]", "helo_other_address"),
        ("nowhere.example.test", "helo_unknown_name"),
        ("[127.0.1.1]", ""),
        ("mail.example.test", ""),
    ],
)
def test_names_in_ehlo(door: SmtpDoors, hello: str, rule: str) -> None:
    answer = sent(door, letter(), hello=hello)
    if rule == "helo_is_us":
        assert answer.startswith("550 5.7.1 helo_is_us: The client calls itself")
    elif rule == "helo_bare_address":
        assert answer.startswith(("250", "501"))
    else:
        assert answer.startswith("250")
        assert set(found(newest(door))) - {"unproved"} == ({rule} if rule else set())


def test_what_is_only_marked_stays_in_inbox(door: SmtpDoors) -> None:
    assert sent(door, TRICK).startswith("250")
    assert b"X-Spam-Flag: YES\r\n" in newest(door)


def test_a_refusal_by_content_names_the_rule_and_keeps_nothing(door: SmtpDoors) -> None:
    before = len(door.inbox("ann"))
    program = letter(more='Content-Type: application/octet-stream; name="a.exe"\r\n')
    assert sent(door, program) == "550 5.7.1 program_attached: A program is attached"
    assert len(door.inbox("ann")) == before


def test_what_is_kept_back_comes_when_it_is_released(door: SmtpDoors) -> None:
    before, waiting = len(door.inbox("ann")), len(door.queued())
    assert sent(door, letter(more="From: Eve <eve@plain.test>\r\n")).startswith("250")
    assert len(door.inbox("ann")) == before
    (kept,) = door.context.offload.read_now(quarantine.rows)
    assert (kept.sender, kept.recipients, kept.client, kept.rule, kept.subject) == (
        "ann@plain.test", ("ann@example.com",), KNOWN, "several_froms", "About tomorrow",
    )  # fmt: skip
    door.write(lambda tx: quarantine.release(tx, kept.id, kept.created_at))
    message, recipients, raw = door.queued()[waiting]
    assert (message.sender, recipients) == ("ann@plain.test", ["ann@example.com"])
    assert b"Received: from mx.example.test" in raw
    assert b"X-Spam-Flag" not in raw
    assert door.context.offload.read_now(quarantine.count) == 0


def test_enough_points_make_junk(door: SmtpDoors) -> None:
    before = len(door.inbox("ann", "Junk"))
    assert sent(door, letter("Me <ann@example.com>", date=False), LISTED).startswith("250")
    assert len(door.inbox("ann", "Junk")) == before + 1
    assert set(found(newest(door, "Junk"))) == {"bad.test", "unproved_as_us", "no_date"}


def test_users_who_log_in_are_not_judged(door: SmtpDoors) -> None:
    with Talk(door.port, "mail.example.com", BANNED) as talk:
        assert talk.say("AUTH PLAIN AGFubkBleGFtcGxlLmNvbQBhLVBhc3N3MHJkLW9mLXRlc3Rz").startswith("235")
        assert talk.send("ann@example.com", ["bob@example.com"], FORGED + FROM_EXAMPLE).startswith("250")
    assert b"X-Spam-Score: -9" in door.inbox("bob")[-1]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    settings = {"dmarc_reject": True, "greylist_score": 2, "reject_score": 8, "stranger_rates": "sender:messages=2/d"}
    with stranger_door(tmp_path_factory.mktemp("mx"), **settings) as running:
        yield running


def test_a_refused_forgery_leaves_nothing(strict: SmtpDoors) -> None:
    answer = sent(strict, FROM_EXAMPLE, sender="a@plain.test")
    assert answer == "550 5.7.1 dmarc_reject: the DMARC policy of example.test refuses mail that it did not send"
    assert strict.inbox("ann") == []


def test_the_suspicious_come_twice_and_those_who_pass_dmarc_once(strict: SmtpDoors) -> None:
    assert sent(strict, letter(), NAMELESS, "b@plain.test").startswith("450 4.7.1 greylist: A message like this")
    assert sent(strict, FROM_EXAMPLE, LISTED, "bob@example.test").startswith("250")
    assert sent(strict, letter(), WELCOME, "c@plain.test").startswith("250")

    def wait(tx: Session) -> None:
        tx.execute(update(Greylisted).values(first_at=Greylisted.first_at - 60))

    strict.write(wait)
    assert sent(strict, letter(), NAMELESS, "b@plain.test").startswith("250")


def test_too_many_points_are_refused_with_what_they_are_for(strict: SmtpDoors) -> None:
    content = letter("Me <ann@example.com>", date=False, body="", more="From: x\r\n")
    assert sent(strict, content, LISTED, "d@plain.test") == (
        "550 5.7.1 reject_score: The message has 11.5 points of 8: several_froms, bad.test, unproved_as_us, no_date"
    )


def test_a_sender_brings_no_more_than_its_rate(strict: SmtpDoors) -> None:
    answers = [sent(strict, letter(), KNOWN, "e@plain.test")[:3] for _ in range(2)]
    assert answers == ["250", "250"]
    assert sent(strict, letter(), KNOWN, "E@plain.test") == (
        "450 4.7.0 stranger_rates: This sender has brought its 2 messages of a day; please come later"
    )


def test_a_client_and_its_network_bring_no_more_than_their_rates(tmp_path: Path) -> None:
    rates = "client:connections=2/d network:messages=2/d client:recipients=3/d"
    with stranger_door(tmp_path, stranger_rates=rates) as door:
        with Talk(door.port, "mx.example.test", KNOWN) as talk:
            talk.say("MAIL FROM:<a@plain.test>")
            answers = [talk.say("RCPT TO:<ann@example.com>") for _ in range(4)]
        assert [answer[:3] for answer in answers] == ["250"] * 3 + ["450"]
        assert "Your address has brought its 3 recipients of a day" in answers[3]
        with Talk(door.port, "mx.example.test", KNOWN, waits=False):
            pass
        with socket.create_connection(("127.0.0.1", door.port), timeout=60, source_address=(KNOWN, 0)) as third:
            assert third.recv(100).startswith(b"421 4.7.0 stranger_rates: Your address has brought its 2 connections")
        assert sent(door, letter(), NUMBERED).startswith("250")
        assert sent(door, letter(), WELCOME) == (
            "450 4.7.0 stranger_rates: Your network has brought its 2 messages of a day; please come later"
        )


def test_who_talks_first_is_refused(tmp_path: Path) -> None:
    with stranger_door(tmp_path, greeting_delay=30) as slow, Talk(slow.port, waits=False) as talk:
        talk.say("MAIL FROM:<ann@plain.test>")
        assert talk.say("RCPT TO:<ann@example.com>").startswith("503 5.5.0 reject_unauth_pipelining")
