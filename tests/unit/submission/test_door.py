"""The submission ports over a real store: log in, send as yourself, to anybody."""

import smtplib
from collections.abc import Iterator

import pytest

from mailnode.history import asking, finding, keys
from mailnode.history.asking import Question
from mailnode.history.finding import Row
from mailnode.history.viewing import Viewer
from mailnode.submission import serve
from tests.support.client import trusting
from tests.support.imapd import PASSWORD
from tests.support.ports import until
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk

ANN = "ann@example.com"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    with SmtpDoors(serve, tmp_path_factory.mktemp("submission"), auth_without_tls="never") as running:
        yield running


@pytest.fixture
def client(door: SmtpDoors) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as one:
        one.starttls(context=trusting())
        one.login(ANN, PASSWORD)
        yield one


def test_nothing_goes_without_a_login(door: SmtpDoors) -> None:
    with Talk(door.port) as talk:
        assert talk.say(f"MAIL FROM:<{ANN}>") == "530 5.7.0 Log in first"
        assert talk.say("AUTH PLAIN AGFubgBzZWNyZXQ=").startswith("538 5.7.11")


def test_login_is_offered_inside_tls_only_and_in_the_old_form_too(door: SmtpDoors) -> None:
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=trusting())
        _, offered = client.ehlo()
        names = b"PLAIN LOGIN SCRAM-SHA-256 OAUTHBEARER XOAUTH2 SCRAM-SHA-256-PLUS"
        assert b"\nAUTH %b\nAUTH=%b\n" % (names, names) in offered


@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_both_mechanisms(door: SmtpDoors, mechanism: str) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", door.tls_port, timeout=60, context=trusting()) as client:
        client.ehlo()
        client.user, client.password = ANN, PASSWORD
        step = client.auth_plain if mechanism == "plain" else client.auth_login
        assert client.auth(mechanism.upper(), step)[0] == 235
        client.sendmail(ANN, [ANN], LETTER)
    assert b" with ESMTPSA id " in door.inbox("ann")[-1]


def test_a_wrong_password_says_nothing_more(door: SmtpDoors) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", door.tls_port, timeout=60, context=trusting()) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as wrong:
            client.login("full@example.com", "not the password")
        with pytest.raises(smtplib.SMTPAuthenticationError) as unknown:
            client.login("nobody@example.com", "not the password")
    assert wrong.value.smtp_error == unknown.value.smtp_error


def test_completed_and_delivered_and_queued(door: SmtpDoors, client: smtplib.SMTP) -> None:
    letter = b"From: ann@example.com\r\nBcc: far@remote.example\r\nSubject: x\r\n\r\nHello\r\n"
    client.sendmail(ANN, ["bob@example.com", "far@remote.example"], letter)
    stored = door.inbox("bob")[-1]
    assert b"\r\nDate: " in stored
    assert b"\r\nMessage-ID: <" in stored
    assert b"Bcc" not in stored
    assert stored.count(b"Received: ") == 1
    message, recipients, raw = door.queued()[-1]
    assert (message.sender, recipients, message.sign, message.user_id) == (
        ANN,
        ["far@remote.example"],
        True,
        door.users["ann"],
    )
    assert stored.endswith(raw)


@pytest.mark.parametrize("sender", ["anna@example.com", "ann+list@example.com", "team@example.com"])
def test_own_aliases_are_own(client: smtplib.SMTP, sender: str) -> None:
    assert client.sendmail(sender, ["bob@example.com"], LETTER.replace(ANN.encode(), sender.encode(), 1)) == {}


@pytest.mark.parametrize("sender", ["bob@example.com", "nobody@example.com", "ann@elsewhere.example"])
def test_others_are_not(client: smtplib.SMTP, sender: str) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail(sender, ["bob@example.com"], LETTER)
    assert refused.value.smtp_code == 553
    assert refused.value.smtp_error.startswith(b"5.7.1")


def rows_of(door: SmtpDoors, sender: str) -> list[Row]:
    return door.context.offload.read_now(lambda tx: finding.find(tx, keys.address(sender)))


def test_a_size_that_is_refused_in_advance_is_told_to_who_sends(door: SmtpDoors, client: smtplib.SMTP) -> None:
    sender = "ann+large@example.com"
    assert client.mail(sender, ["SIZE=99999999999"])[0] == 552
    until(lambda: rows_of(door, sender))
    (row,) = rows_of(door, sender)
    assert row.detail.steps[0].rule == "too-big"
    ann = Viewer(door.users["ann"])
    page = door.context.offload.read_now(lambda tx: asking.page(tx, ann, Question(refused=True)))
    assert row.id in [one.id for one in page.rows]


def test_who_has_not_logged_in_writes_no_history(door: SmtpDoors) -> None:
    with Talk(door.port) as talk:
        assert talk.say("MAIL FROM:<ann+forged@example.com> SIZE=99999999999").startswith("552")
    with smtplib.SMTP_SSL("127.0.0.1", door.tls_port, timeout=60, context=trusting()) as client:
        client.login(ANN, PASSWORD)
        client.mail("ann+after@example.com", ["SIZE=99999999999"])
    until(lambda: rows_of(door, "ann+after@example.com"))
    assert rows_of(door, "ann+forged@example.com") == []


def test_author_of_somebody_else_is_refused(client: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail(ANN, ["bob@example.com"], LETTER.replace(ANN.encode(), b"bob@example.com", 1))
    assert refused.value.smtp_code == 553


def test_unknown_recipients_here_are_told_at_once(client: smtplib.SMTP) -> None:
    refused = client.sendmail(ANN, ["bob@example.com", "nobody@example.com"], LETTER)
    assert refused == {"nobody@example.com": (550, b"5.1.1 No such user here")}


def test_loopback_may_log_in_without_tls_where_the_setting_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        SmtpDoors(serve, tmp_path_factory.mktemp("plain"), auth_without_tls="loopback") as door,
        smtplib.SMTP("127.0.0.1", door.port, timeout=60) as client,
    ):
        client.login(ANN, PASSWORD)
        assert client.sendmail(ANN, [ANN], LETTER) == {}


def test_a_large_message_is_completed_too(door: SmtpDoors, client: smtplib.SMTP) -> None:
    """RFC 6409 §8: without its Bcc, with a Date; our word about senders is taken out."""
    head = "From: ann@example.com\r\nBcc: bob@example.com\r\nAuthentication-Results: mail.example.com; none\r\n"
    body = ("y" * 70 + "\r\n") * 30_000
    client.sendmail(ANN, ["bob@example.com"], f"{head}\r\n{body}")
    stored = door.inbox("bob")[-1]
    assert stored.endswith(f"\r\n\r\n{body}".encode())
    found = stored[: -len(body)].lower()
    assert b"\r\ndate: " in found
    assert b"\r\nmessage-id: " in found
    assert b"bcc:" not in found
    assert b"authentication-results" not in found
