"""Limits and suppression at the doors where users send: 587, 465 and, for those who log in there, 25."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy.orm import Session

from mailnode.mx import serve as mx
from mailnode.outbound import freezes, limits, suppression
from mailnode.outbound.models import USER
from mailnode.submission import serve as submission
from tests.support.client import trusting
from tests.support.imapd import PASSWORD
from tests.support.smtp_doors import LETTER, SmtpDoors

ANN, FAR = "ann@example.com", "far@remote.example"


@pytest.fixture(scope="module", params=[submission, mx], ids=["submission", "mx"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    module: ModuleType = request.param
    with SmtpDoors(module, tmp_path_factory.mktemp("doors"), auth_without_tls="never") as running:
        yield running


@pytest.fixture
def client(door: SmtpDoors) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60, local_hostname="client.example.org") as one:
        one.starttls(context=trusting())
        one.login(ANN, PASSWORD)
        yield one


def test_more_than_may_be_is_put_off_with_a_plain_sentence(door: SmtpDoors, client: smtplib.SMTP) -> None:
    ann = door.users["ann"]
    door.write(lambda tx: limits.change(tx, USER, ann, hourly_messages=1))
    client.sendmail(ANN, [FAR], LETTER)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail(ANN, [FAR], LETTER)
    assert refused.value.smtp_code == 450
    assert refused.value.smtp_error == b"4.7.1 You may send 1 messages an hour; try again later"
    door.write(lambda tx: limits.change(tx, USER, ann, hourly_messages=None))
    assert len(door.queued()) == 1


def test_a_suppressed_address_is_refused_and_the_others_are_served(door: SmtpDoors, client: smtplib.SMTP) -> None:
    def suppress(tx: Session) -> None:
        suppression.add(tx, 1, "gone@remote.example", cause="bounce", now=2_000_000_000, words="550 No such user")

    door.write(suppress)
    client.mail(ANN)
    client.rcpt("ok@remote.example")
    code, said = client.rcpt("gone@remote.example")
    if code == 250:  # port 25 looks when the message is there
        code, said = client.data(LETTER)
    assert code == 550
    assert said.startswith(b"5.1.1 Nothing is sent to gone@remote.example until 2033-06-17")
    client.rset()


def test_everything_of_a_frozen_user_waits(door: SmtpDoors, client: smtplib.SMTP) -> None:
    key, before = freezes.key_of_user(door.users["ann"]), len(door.queued())
    door.write(lambda tx: freezes.freeze(tx, key, now=2_000_000_000))
    client.sendmail(ANN, [FAR, "bob@example.com"], LETTER)
    [(_, recipients, _)] = door.queued()[before:]
    assert sorted(recipients) == ["bob@example.com", FAR]
    assert door.inbox("bob") == []
    door.write(lambda tx: freezes.release(tx, key, 2_000_000_001))


def test_mail_of_a_frozen_user_to_those_here_waits_too(door: SmtpDoors, client: smtplib.SMTP) -> None:
    """The alias leads elsewhere."""
    key, before = freezes.key_of_user(door.users["ann"]), len(door.queued())
    door.write(lambda tx: freezes.freeze(tx, key, now=2_000_000_000))
    client.sendmail(ANN, ["team@example.com"], LETTER)
    [(message, recipients, _)] = door.queued()[before:]
    assert (recipients, message.user_id) == (["team@example.com"], door.users["ann"])
    assert door.inbox("bob") == []
    door.write(lambda tx: freezes.release(tx, key, 2_000_000_001))


def test_what_an_alias_sends_on_waits_as_the_users(door: SmtpDoors, client: smtplib.SMTP) -> None:
    before = len(door.queued())
    client.sendmail(ANN, ["team@example.com"], LETTER)
    [(message, recipients, _)] = door.queued()[before:]
    assert (recipients, message.user_id, message.behind_alias) == ([FAR], door.users["ann"], True)
