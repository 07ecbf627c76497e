"""An explanation says what the door then does, and changes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailnode.mx.serve
from mailnode.node.explaining import Case, Point, explain
from mailnode.node.rehearsal import rehearsal
from mailnode.proto.address import parse_mailbox
from mailnode.smtpd.reception import Peer
from tests.support.smtp_doors import LETTER, SmtpDoors, Talk

PROGRAM = LETTER.replace(
    b"\r\n\r\nHello", b'\r\nContent-Type: application/x-thing; name="you.exe"\r\n\r\nHello'
)  # and neither Date nor Message-ID
LOCAL = "127.0.0.1"


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
    return [(one.name, one.says) for one in points if one.stage == stage]


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
