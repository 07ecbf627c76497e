"""Addresses beyond ASCII from end to end: kept, sent on, reported about in both directions, never bent into ASCII.

RFC 6531, RFC 6532, RFC 6533.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from sqlalchemy.orm import Session

from mailnode.directory import edit
from mailnode.mx import serve as mx
from mailnode.proto.dsn_params import Notify, parse_orcpt
from mailnode.queue.envelope import Recipient
from mailnode.store import mailboxes, messages
from tests.support.imapd import kept
from tests.support.smtp_doors import SmtpDoors, Talk
from tests.support.smtp_peer import EHLO, Peer
from tests.support.store import Store
from tests.unit.dispatch.managing import enqueue, manager, until, waiting

HERE, THERE = "用户@例子.测试", "收件人@[127.0.0.1]"
DOMAIN = "xn--fsqu00a.xn--0zwm56d"
LETTER = "From: 用户 <用户@例子.测试>\r\nSubject: 你好\r\n\r\n正文\r\n".encode()
NARROW = EHLO.replace("250-SMTPUTF8\r\n", "")


@pytest.fixture
def home(store: Store) -> Store:
    with store.write() as tx:
        edit.create_domain(tx, "例子.测试", keys=())
        made = edit.create_user(tx, HERE, password_hash="$argon2id$x")
        mailboxes.create_defaults(tx, made.id)
    return store


def inbox(store: Store) -> list[bytes]:
    with store.read() as tx:
        owner = edit.user(tx, HERE).id
        place = mailboxes.by_name(tx, owner, "INBOX")
        return [messages.read(tx, owner, place.id, uid) for uid in range(1, place.uid_next)]


def managed(store: Store, peer: Peer) -> None:
    """Until nothing waits any more."""

    async def go() -> None:
        async with peer as other, manager(store, other.port):
            await asyncio.wait_for(until(lambda: not waiting(store)), 120)

    uvloop.run(go())


def test_it_leaves_as_it_is_where_the_next_host_takes_it(home: Store) -> None:
    enqueue(home, THERE, sender=HERE, raw=LETTER, smtputf8=True)
    managed(home, peer := Peer())
    [taken] = peer.taken
    assert (taken.sender, taken.recipients, taken.content) == (f"用户@{DOMAIN}", (THERE,), LETTER)
    assert "SMTPUTF8" in taken.commands[1]


def test_it_is_given_back_where_the_next_host_does_not(home: Store) -> None:
    orcpt = parse_orcpt("utf-8;老地址@例子.测试")
    enqueue(home, Recipient(THERE, None, orcpt), sender=HERE, raw=LETTER, smtputf8=True)
    managed(home, peer := Peer({"EHLO": NARROW}))
    assert peer.taken == []
    [report] = inbox(home)
    text = report.decode()
    assert "Content-Type: message/global-delivery-status" in text
    assert "Original-Recipient: utf-8;老地址@例子.测试" in text
    assert f"Final-Recipient: utf-8; {THERE}" in text
    assert "Status: 5.6.7" in text
    assert "Content-Type: message/global\r\n" in text
    assert "Subject: 你好" in text


def test_of_a_large_one_the_header_is_given_back(home: Store) -> None:
    enqueue(home, THERE, sender=HERE, raw=LETTER, smtputf8=True, ret="HDRS")
    managed(home, Peer({"EHLO": NARROW}))
    text = inbox(home)[0].decode()
    assert "Content-Type: message/global-headers\r\n" in text
    assert "正文" not in text


def test_a_header_beyond_ascii_alone_is_given_back_too(home: Store) -> None:
    enqueue(home, "a@[127.0.0.1]", sender=HERE, raw=LETTER, smtputf8=True)
    managed(home, peer := Peer({"EHLO": NARROW}))
    assert peer.taken == []
    assert b"Status: 5.6.7" in inbox(home)[0]


def test_success_is_reported_to_it(home: Store) -> None:
    wish = Recipient(THERE, Notify(success=True))
    enqueue(home, wish, sender=HERE, raw=LETTER, smtputf8=True)
    managed(home, Peer({"EHLO": EHLO.replace("250-DSN\r\n", "")}))
    [report] = inbox(home)
    assert f"Final-Recipient: utf-8; {THERE}".encode() in report
    assert b"Action: relayed" in report


def test_a_report_about_it_leaves_with_smtputf8(home: Store) -> None:
    enqueue(home, "无人@例子.测试", sender="发件人@[127.0.0.1]", raw=LETTER, smtputf8=True)
    managed(home, peer := Peer())
    [taken] = peer.taken
    assert (taken.sender, taken.recipients) == ("", ("发件人@[127.0.0.1]",))
    assert "SMTPUTF8" in taken.commands[1]
    assert f"Final-Recipient: utf-8; 无人@{DOMAIN}".encode() in taken.content or (
        "Final-Recipient: utf-8; 无人@例子.测试".encode() in taken.content
    )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    folder: Path = tmp_path_factory.mktemp("wide")
    with SmtpDoors(mx, folder) as running:

        def populate(tx: Session) -> int:
            edit.create_domain(tx, "例子.测试", keys=())
            made = edit.create_user(tx, HERE, password_hash=kept().hash)
            mailboxes.create_defaults(tx, made.id)
            return made.id

        running.users["wide"] = running.write(populate)
        yield running


def test_it_comes_in_by_both_spellings_of_the_domain(door: SmtpDoors) -> None:
    with Talk(door.port) as talk:
        for domain in ("例子.测试", DOMAIN.upper()):
            assert talk.say("MAIL FROM:<发件人@远方.example> SMTPUTF8").startswith("250")
            assert talk.say(f"RCPT TO:<用户@{domain}>").startswith("250 2.1.5")
            assert talk.say("DATA").startswith("354")
            assert talk.say("Subject: 你好\r\n\r\n正文\r\n.").startswith("250 2.0.0")
    for stored in door.inbox("wide"):
        assert "Return-Path: <发件人@xn--".encode() in stored
        assert b" with UTF8SMTP id " in stored
        assert "Subject: 你好\r\n".encode() in stored


def test_it_needs_smtputf8(door: SmtpDoors) -> None:
    with Talk(door.port) as talk:
        assert talk.say("MAIL FROM:<发件人@远方.example>").startswith("553 5.6.7")
        assert talk.say("MAIL FROM:<a@client.example>").startswith("250")
        assert talk.say("RCPT TO:<用户@例子.测试>").startswith("553 5.6.7")
        assert talk.say(f"RCPT TO:<无人@{DOMAIN}>").startswith("553 5.6.7")
