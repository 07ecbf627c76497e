"""An explanation says what the door then does, and changes nothing."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailnode.mx.serve
from mailnode.database import utcnow
from mailnode.node.explaining import Case, explain
from mailnode.node.point import Point
from mailnode.node.rehearsal import rehearsal
from mailnode.outbound import counts, freezes
from mailnode.outbound.models import USER
from mailnode.proto.address import parse_mailbox
from mailnode.smtpd.reception import Peer
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk

PROGRAM = LETTER.replace(
    b"\r\n\r\nHello", b'\r\nContent-Type: application/x-thing; name="you.exe"\r\n\r\nHello'
)  # and neither Date nor Message-ID
LOCAL = "127.0.0.1"
HAN = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpDoors]:
    folder = tmp_path_factory.mktemp("mx")
    with SmtpDoors(mailnode.mx.serve, folder, nameservers=(), senderauth=False, greylist_score=None) as made:
        yield made


def asked(
    doors: SmtpDoors,
    recipient: str,
    content: bytes | None = LETTER,
    *,
    ip: str = LOCAL,
    login: str = "",
    sender: str = "x@example.org",
) -> list[Point]:
    peer = Peer(ip, hello="client.example.org", extended=True)
    if login:
        peer.user_id, peer.user = doors.users[login], f"{login}@example.com"
    case = Case(parse_mailbox(sender), parse_mailbox(recipient), peer, content)

    async def run() -> list[Point]:
        async with rehearsal(doors.settings) as (context, offload):
            return await explain(context, offload, case)

    return asyncio.run(run())


def said(points: list[Point], stage: str) -> list[tuple[str, str]]:
    return [(one.name, one.says[0]) for one in points if one.stage == stage]


def in_chinese(points: list[Point]) -> list[tuple[str, str]]:
    """What is said in Chinese, without how much may come."""
    return [(one.stage, one.says[1]) for one in points if one.stage != "limit"]


def state(doors: SmtpDoors) -> tuple[object, ...]:
    """Everything in the database and in the files of bodies."""
    folder = Path(doors.settings.data_dir)
    with sqlite3.connect(folder / "mailnode.db") as conn:
        rows = tuple(conn.iterdump())
    return rows, sorted((str(path), path.stat().st_size) for path in folder.rglob("*.seg*"))


def test_what_would_be_kept_where(doors: SmtpDoors) -> None:
    before = state(doors)
    points = asked(doors, "bob@example.com")
    assert said(points, "delivery") == [("kept", "bob@example.com: INBOX")]
    assert said(points, "answer")[0][1].startswith("250 2.0.0 Stored as ")
    assert state(doors) == before


def test_the_hosts_own_name_is_no_other_place(doors: SmtpDoors) -> None:
    """There is no administrator who would read it."""
    points = asked(doors, f"MAILER-DAEMON@{doors.settings.hostname}")
    assert said(points, "answer")[0][1].startswith("550 5.1.1")


def test_an_alias_is_followed(doors: SmtpDoors) -> None:
    points = asked(doors, "team@example.com", None)
    assert said(points, "directory")[1:] == [
        ("team@example.com", "leads to the user ann@example.com"),
        ("team@example.com", "leads to the user bob@example.com"),
        ("team@example.com", "leads to far@remote.example, which lives elsewhere"),
    ]
    assert [name for name, _ in said(points, "delivery")] == ["kept", "kept", "forwarded"]


@pytest.mark.parametrize(
    ("recipient", "rule"), [("x@elsewhere.example", "reject_unauth_destination"), ("nobody@example.com", "delivery")]
)
def test_a_refusal_is_the_doors_own(doors: SmtpDoors, recipient: str, rule: str) -> None:
    points = asked(doors, recipient)
    with Talk(doors.port) as talk:
        assert said(points, "answer") == [(rule, talk.send("x@example.org", [recipient]))]


def test_the_restrictions_are_named_in_their_order(doors: SmtpDoors) -> None:
    found = said(asked(doors, "x@elsewhere.example"), "restriction")
    assert [name for name, _ in found][:3] == list(doors.settings.smtpd_restrictions)[:3]
    assert found[-1][0] == "reject_unauth_destination"
    assert found[-1][1].startswith("554 5.7.1 ")


def test_a_full_mailbox_says_so(doors: SmtpDoors) -> None:
    points = asked(doors, "full@example.com", LETTER * 3)
    assert said(points, "answer") == [("delivery", "552 5.2.2 Full; ask the office")]


def test_what_a_strangers_message_shows_is_weighed(doors: SmtpDoors) -> None:
    points = asked(doors, "bob@example.com", PROGRAM, ip="192.0.2.9", sender="ann@example.com")
    assert {"no_date", "no_message_id", "program_attached"} <= {name for name, _ in said(points, "check")}
    assert said(points, "delivery") == [("kept", "bob@example.com: Junk")]


def test_who_logs_in_sends_elsewhere(doors: SmtpDoors) -> None:
    points = asked(doors, "x@elsewhere.example", login="ann", sender="ann@example.com")
    assert [name for name, _ in said(points, "delivery")] == ["queued"]
    assert said(points, "answer")[0][1].startswith("250")
    foreign = asked(doors, "x@elsewhere.example", login="ann", sender="bob@example.com")
    assert said(foreign, "answer")[0][0] == "not-your-address"


def test_what_bounds_a_strangers_message_is_named(doors: SmtpDoors) -> None:
    points = asked(doors, "full@example.com", LETTER, ip="192.0.2.9")
    assert said(points, "client") == [("192.0.2.9", "a stranger")]
    assert ("client:messages", "at most 300 messages of one client in a minute") in said(points, "limit")
    kept = len(b"Subject: old\r\n\r\n" + b"x" * 60)
    assert said(points, "quota") == [("full@example.com", f"{kept} of 100 octets and 1 of 1000000 messages are kept")]
    (own,) = said(points, "filter")
    assert own[1].startswith("the user's own filter is not asked: it has been taught 0 junk and 0 wanted")


def test_all_points_stand_beside_what_follows_from_them(doors: SmtpDoors) -> None:
    points = asked(doors, "bob@example.com", PROGRAM, ip="192.0.2.9", sender="ann@example.com")
    name, sentence = said(points, "check")[-1]
    assert (name, sentence.partition(" points in all; ")[2]) == ("score", "tag_score 5, junk_score 5")
    assert float(sentence.partition(" ")[0]) >= 5


def test_what_a_user_has_sent_and_may_send_is_named(doors: SmtpDoors) -> None:
    before = dict(said(asked(doors, "x@elsewhere.example", login="bob", sender="bob@example.com"), "limit"))
    assert before["user: hourly_messages"] == "0 of 1000"
    doors.write(lambda tx: counts.count(tx, USER, doors.users["bob"], 3, int(utcnow().timestamp())))
    points = asked(doors, "x@elsewhere.example", login="bob", sender="bob@example.com")
    after = dict(said(points, "limit"))
    assert (after["user: hourly_messages"], after["user: daily_recipients"]) == ("1 of 1000", "3 of 10000")
    assert said(points, "client") == [("bob@example.com", "has logged in, and is not judged")]


def test_a_frozen_users_mail_would_be_held(doors: SmtpDoors) -> None:
    key = freezes.key_of_user(doors.users["bob"])
    doors.write(lambda tx: freezes.freeze(tx, key, now=int(utcnow().timestamp()), cause=freezes.HAND))
    points = asked(doors, "x@elsewhere.example", None, login="bob", sender="bob@example.com")
    assert ("frozen", "what this user sends is held until somebody releases it") in said(points, "limit")
    assert [name for name, _ in said(points, "delivery")] == ["held"]


def test_a_whole_walk_in_chinese(doors: SmtpDoors) -> None:
    points = asked(doors, "team@example.com", PROGRAM, ip="192.0.2.9", sender="ann@example.com")
    worded = [one for one in points if one.stage != "delivery"]  # of which only the facts are told here
    assert [one for one in worded if not HAN.search(one.says[1])] == []
    told = in_chinese(points)
    assert told[:2] == [("restriction", "未触发")] * 2
    for sentence in (
        ("client", "陌生主机"),
        ("directory", "别名 team@example.com，指向 ann@example.com, bob@example.com, far@remote.example"),
        ("directory", "解析到用户 ann@example.com"),
        ("directory", "解析到站外地址 far@remote.example"),
        ("check", "邮件没有 Date 字段（+1.5 分）"),
        ("check", "附件中有程序（+4 分）"),
    ):
        assert sentence in told
    assert ("delivery", "team@example.com -> bob@example.com：Junk") in told
    assert told[-1][1].startswith("接收（250 2.0.0 ")
