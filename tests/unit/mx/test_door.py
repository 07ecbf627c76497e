"""Port 25 over a real store: delivery inside DATA, refusals at RCPT, the relay tricks, trusted clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailnode.directory import edit
from mailnode.mx import serve
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk

STRANGER = "stranger@remote.example"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    with SmtpDoors(serve, tmp_path_factory.mktemp("mx")) as running:
        yield running


@pytest.fixture
def talk(door: SmtpDoors) -> Iterator[Talk]:
    with Talk(door.port) as one:
        yield one


def test_a_message_is_in_the_mailbox_when_250_comes(door: SmtpDoors, talk: Talk) -> None:
    assert talk.send(STRANGER, ["ann@example.com"]).startswith("250 2.0.0 Stored as ")
    stored = door.inbox("ann")[-1]
    head, _, rest = stored.partition(b"Received: ")
    assert head == b"Return-Path: <stranger@remote.example>\r\nDelivered-To: ann@example.com\r\n"
    assert rest.startswith(b"from client.example.org ([127.0.0.1])\r\n\tby mail.example.com with ESMTP id ")
    assert b"\tfor <ann@example.com>;\r\n" in rest
    assert rest.endswith(LETTER)


def test_several_recipients_are_not_named_in_received(door: SmtpDoors, talk: Talk) -> None:
    before = len(door.inbox("bob"))
    talk.send(STRANGER, ["ann@example.com", "bob@example.com", "anna@example.com"])
    assert len(door.inbox("bob")) == before + 1
    assert b"\tfor <" not in door.inbox("ann")[-1]
    assert door.inbox("ann")[-1].partition(b"Received")[2] == door.inbox("bob")[-1].partition(b"Received")[2]


def test_aliases_expand_here_and_elsewhere(door: SmtpDoors, talk: Talk) -> None:
    here, waiting = len(door.inbox("bob")), len(door.queued())
    assert talk.send(STRANGER, ["team@example.com"]).startswith("250")
    assert len(door.inbox("bob")) == here + 1
    message, recipients, _ = door.queued()[waiting]
    assert message.sender.startswith("SRS0=")  # forwarded in the name of the alias' domain
    assert message.sender.endswith("=remote.example=stranger@example.com")
    assert (recipients, message.sign) == (["far@remote.example"], False)


def test_what_leads_back_to_a_sender_takes_reports_only(door: SmtpDoors, talk: Talk) -> None:
    talk.send(STRANGER, ["team@example.com"])
    back, waiting = door.queued()[-1][0].sender, len(door.queued())
    assert talk.say(f"MAIL FROM:<{STRANGER}>").startswith("250")
    assert talk.say(f"RCPT TO:<{back}>") == "550 5.7.1 Only reports about mail are taken for this address"
    assert talk.say("RSET").startswith("250")
    assert talk.send("", [back]).startswith("250")
    assert [recipients for _, recipients, _ in door.queued()[waiting:]] == [[STRANGER]]


def test_null_sender_detail_and_postmaster(door: SmtpDoors, talk: Talk) -> None:
    assert talk.send("", ["ann+news@example.com"]).startswith("250")
    assert door.inbox("ann")[-1].startswith(b"Return-Path: <>\r\n")
    assert talk.say("MAIL FROM:<>").startswith("250")
    assert not talk.say("RCPT TO:<postmaster@example.com>").startswith("554")


def test_what_is_answered_to_a_report_is_for_the_administrators(tmp_path: Path) -> None:
    """The host's own name is no domain here (RFC 5321 §4.5.1)."""
    with SmtpDoors(serve, tmp_path, hostname="mx.example.com") as door, Talk(door.port) as talk:
        door.write(lambda tx: edit.set_user(tx, "ann@example.com", administrator=True))
        for name in ("MAILER-DAEMON", "postmaster"):
            assert talk.send(STRANGER, [f"{name}@MX.example.com"]).startswith("250")
        assert len(door.inbox("ann")) == 2
        talk.say(f"MAIL FROM:<{STRANGER}>")
        assert talk.say("RCPT TO:<ann@mx.example.com>").startswith("554 5.7.1")


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("nobody@example.com", "550 5.1.1 No such user here"),
        ("full@example.com", "452 4.2.2 Full; ask the office"),
        ("user@elsewhere.example", "554 5.7.1 reject_unauth_destination: Relay access denied"),
    ],
)
def test_refused_at_rcpt(talk: Talk, recipient: str, reply: str) -> None:
    talk.say(f"MAIL FROM:<{STRANGER}> SIZE=99")
    assert talk.say(f"RCPT TO:<{recipient}>").startswith(reply)


def test_larger_than_all_the_room_there_is_is_permanent(talk: Talk) -> None:
    talk.say(f"MAIL FROM:<{STRANGER}> SIZE=1000")
    assert talk.say("RCPT TO:<full@example.com>") == "552 5.2.2 Full; ask the office"


def test_over_quota_at_data_keeps_nothing(door: SmtpDoors, talk: Talk) -> None:
    talk.say(f"MAIL FROM:<{STRANGER}>")
    assert talk.say("RCPT TO:<full@example.com>").startswith("250")  # nobody said how large it would be
    talk.say("DATA")
    assert talk.say(LETTER.decode() + "x" * 200 + "\r\n.") == "552 5.2.2 Full; ask the office"
    assert len(door.inbox("full")) == 1


def test_too_many_hops(talk: Talk) -> None:
    hops = b"Received: from a by b; Mon, 1 Nov 2021 10:00:00 +0000\r\n" * 100
    assert talk.send(STRANGER, ["ann@example.com"], hops + LETTER) == "554 5.4.6 Too many hops"


def test_loop_through_a_mailbox_here(talk: Talk) -> None:
    been = b"Delivered-To: ann@example.com\r\n" + LETTER
    assert talk.send(STRANGER, ["ann@example.com"], been).startswith("554 5.4.6 Loop")


# Ways in which servers were talked into relaying.
TRICKS = [
    "user@elsewhere.example",
    "user%elsewhere.example@example.com",
    "user%elsewhere.example@localhost",
    "user%elsewhere.example@[127.0.0.1]",
    "user%elsewhere.example",
    "elsewhere.example!user@example.com",
    "elsewhere.example!user",
    "elsewhere.example!user@[127.0.0.1]",
    "@example.com:user@elsewhere.example",
    "@mail.example.com,@example.com:user@elsewhere.example",
    '"user@elsewhere.example"@example.com',
    '"user@elsewhere.example"',
    '"user%elsewhere.example"@example.com',
    '"user%elsewhere.example"',
    "user@elsewhere.example@example.com",
    "user@elsewhere.example@[127.0.0.1]",
    "user@[192.0.2.7]",
    "user@[IPv6:2001:db8::7]",
    "user@elsewhere.example.",
    "user@elsewhere.example\\@example.com",
    "user@example.com.elsewhere.example",
    "user@sub.example.com",
    "user@EXAMPLE.COM@elsewhere.example",
    "user:elsewhere.example@example.com",
]


@pytest.mark.parametrize("sender", ["", STRANGER, "ann@example.com", "ann@[127.0.0.1]", "postmaster@mail.example.com"])
def test_no_trick_makes_a_relay(door: SmtpDoors, talk: Talk, sender: str) -> None:
    before = len(door.queued())
    for trick in TRICKS:
        assert talk.say(f"MAIL FROM:<{sender}>").startswith("250")
        answer = talk.say(f"RCPT TO:<{trick}>")
        assert answer.startswith("5"), trick
        assert talk.say("DATA").startswith("554"), trick
        assert talk.say("RSET").startswith("250")
        assert talk.send("stranger@remote.example", ["ann@example.com"]).startswith("250")  # counting begins anew
    assert len(door.queued()) == before


def test_clients_of_mynetworks_relay(tmp_path: Path) -> None:
    with SmtpDoors(serve, tmp_path, mynetworks="127.0.0.0/8") as door, Talk(door.port, "printer") as talk:
        recipients = ["ann@example.com", "full@example.com", "user@elsewhere.example"]
        assert talk.send("printer@example.com", recipients, LETTER + b"x" * 120 + b"\r\n").startswith("250")
        assert len(door.inbox("ann")) == 1
        message, waiting, raw = door.queued()[0]
        assert waiting == ["full@example.com", "user@elsewhere.example"]
        assert message.sender == "printer@example.com"
        assert raw.startswith(b"Received: from printer ([127.0.0.1])")


def test_nor_do_they_in_circles(tmp_path: Path) -> None:
    hops = b"Received: from a by b; Mon, 1 Nov 2021 10:00:00 +0000\r\n" * 100
    with SmtpDoors(serve, tmp_path, mynetworks="127.0.0.0/8") as door, Talk(door.port, "printer") as talk:
        answer = talk.send("printer@example.com", ["user@elsewhere.example"], hops + LETTER)
        assert answer == "554 5.4.6 Too many hops"
        assert not door.queued()


def test_who_has_logged_in_relays_as_themselves_only(door: SmtpDoors, talk: Talk) -> None:
    before = len(door.queued())
    assert talk.say("AUTH PLAIN AGFubkBleGFtcGxlLmNvbQBhLVBhc3N3MHJkLW9mLXRlc3Rz").startswith("235")
    assert talk.send("bob@example.com", ["user@elsewhere.example"]).startswith("553 5.7.1")
    assert talk.send("ann@example.com", ["user@elsewhere.example"]).startswith("250")
    assert door.queued()[before][1] == ["user@elsewhere.example"]


def test_a_large_message_is_taken_too(door: SmtpDoors, talk: Talk) -> None:
    content = LETTER + b"0123456789abcde\r\n" * 40_000
    assert talk.send(STRANGER, ["bob@example.com"], content).startswith("250")
    assert door.inbox("bob")[-1].endswith(content)


LARGE = b"From: a@remote.example\r\nAuthentication-Results: mx.example.org; spf=pass\r\n\r\n" + b"x" * 70 + b"\r\n"


def test_a_large_message_goes_through_a_file_and_is_the_same(door: SmtpDoors, talk: Talk) -> None:
    text = LARGE + b"..dot\r\n" + (b"y" * 70 + b"\r\n") * 30_000
    assert talk.send(STRANGER, ["ann@example.com"], text).startswith("250")
    stored = door.inbox("ann")[-1]
    assert stored.startswith(b"Return-Path: ")
    assert stored.endswith(text.replace(b"..dot", b".dot"))
    assert b"\r\nReceived: from client.example.org" in stored[:1000]


def test_so_it_does_in_chunks(door: SmtpDoors, talk: Talk) -> None:
    """RFC 3030 §2"""
    chunk = (b"z" * 70 + b"\r\n") * 10_000
    for line in (f"MAIL FROM:<{STRANGER}>", "RCPT TO:<ann@example.com>"):
        assert talk.say(line).startswith("250")
    for data in (LARGE, chunk, chunk, chunk):
        assert talk.say(f"BDAT {len(data)}\r\n{data.decode()}"[:-2]).startswith("250")
    assert talk.say("BDAT 0 LAST").startswith("250 2.0.0")
    assert door.inbox("ann")[-1].endswith(LARGE + chunk * 3)


def test_a_header_without_end_is_refused(door: SmtpDoors, talk: Talk) -> None:
    """What we do not look at others might take for the sender."""
    text = (b"X-Filler: " + b"y" * 100 + b"\r\n") * 12_000 + b"From: boss@example.com\r\n\r\nHello\r\n"
    before = len(door.inbox("ann"))
    assert talk.send(STRANGER, ["ann@example.com"], text).startswith("552 5.3.4")
    assert len(door.inbox("ann")) == before


def test_a_user_who_has_gone_since_rcpt_gets_nothing(door: SmtpDoors, talk: Talk) -> None:
    door.write(lambda tx: edit.create_user(tx, "brief@example.com", password_hash="", scram_keys=""))
    assert talk.send(STRANGER, ["brief@example.com"]).startswith("250")  # who has no mailboxes yet gets them
    assert talk.say(f"MAIL FROM:<{STRANGER}>").startswith("250")
    assert talk.say("RCPT TO:<brief@example.com>").startswith("250")
    door.write(lambda tx: edit.remove_user(tx, "brief@example.com"))
    assert talk.say("DATA").startswith("354")
    assert talk.say("Subject: late\r\n\r\n.") == "550 5.1.1 No such user here"
