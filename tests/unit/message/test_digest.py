"""What one scan takes from a message: mailnode.message.digest."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from mailnode.message import structure
from mailnode.message.digest import USUAL_FIELDS, brief, digest
from mailnode.message.preview import FIRST, MOST

RAW = b"""\
Return-Path: <zhang@example.com>
Received: from a by b; Wed, 25 Nov 2026 09:34:59 +0800
From: =?utf-8?B?5byg5LiJ?= <zhang@example.com>
To: "Two, User" <two@example.test>,
 three@example.test
Cc: Group: four@example.test;
Subject: =?gbk?B?xOO6ww==?= there
X-Own: not usual
Date: Wed, 25 Nov 2026 09:34:59 +0800
Message-ID: <one@example.com>
In-Reply-To: <before@example.com>
References: <first@example.com>
 <before@example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Hello there
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf

x
--b--
""".replace(b"\n", b"\r\n")


def test_readable_values() -> None:
    taken = digest(RAW)
    assert taken.subject == "你好 there"
    assert taken.sender == "张三 <zhang@example.com>"
    assert taken.recipients == "Two, User <two@example.test>, three@example.test, four@example.test"
    assert taken.sent_at == datetime(2026, 11, 25, 1, 34, 59, tzinfo=UTC)
    assert taken.message_id == "one@example.com"
    assert taken.references == ("first@example.com", "before@example.com")
    assert taken.preview == "Hello there"
    assert taken.text == "Hello there\n报告.pdf"
    assert taken.has_attachment


@pytest.mark.parametrize("raw", [RAW, b"Received: x\r\n" + RAW, b"Message-ID: bare@x\r\n\r\nReceived: y\r\n", b""])
def test_what_passes_through_is_told_apart_in_the_same_way(raw: bytes) -> None:
    assert (brief(raw).message_id, brief(raw).hops) == (digest(raw).message_id, digest(raw).hops)


def test_sizes() -> None:
    taken = digest(RAW)
    assert taken.size == len(RAW)
    assert RAW[: taken.header_size].endswith(b"boundary=b\r\n\r\n")
    assert taken.lines == RAW[taken.header_size :].count(b"\n")


def test_head_holds_the_usual_fields_byte_for_byte() -> None:
    lines = RAW.partition(b"\r\n\r\n")[0] + b"\r\n"
    unusual = (b"Received: from a by b; Wed, 25 Nov 2026 09:34:59 +0800\r\n", b"X-Own: not usual\r\n")
    for line in unusual:
        lines = lines.replace(line, b"")
    assert digest(RAW).head == lines


def test_usual_fields_are_lower_case() -> None:
    assert all(name == name.lower() for name in USUAL_FIELDS)
    assert {b"from", b"list-unsubscribe-post", b"x-spam-flag"} <= USUAL_FIELDS


def test_parts_are_the_tree() -> None:
    assert structure.decode(digest(RAW).parts) == structure.scan(RAW)


def test_answers_share_the_conversation() -> None:
    first = digest(b"Message-ID: <first@example.com>\r\n\r\n")
    late = digest(b"Message-ID: <z@example.com>\r\nIn-Reply-To: <first@example.com>\r\n\r\n")
    assert first.conversation == digest(RAW).conversation == late.conversation


def test_of_a_plain_message_only_the_beginning_is_read() -> None:
    line = b"Some words in a line.\r\n"
    short, long = (b"Subject: a\r\n\r\n" + line * (octets // len(line)) for octets in (FIRST // 2, 2 * MOST))
    assert digest(long).text is digest(short).text is None
    assert digest(long).preview == digest(short).preview
    assert digest(long).lines == long.count(b"\n") - 2


@pytest.mark.parametrize("raw", [b"\r\n" + "ü".encode() * MOST, b"Content-Type: text/html\r\n\r\n" + b"a" * 2 * MOST])
def test_but_what_is_to_be_guessed_at_or_no_plain_text_is_read_whole(raw: bytes) -> None:
    assert len(digest(raw).text or "") > MOST // 2


@pytest.mark.parametrize("before", [b"> quoted\r\n", b"\r\n", b"----\r\n", b"> quoted "])
def test_words_behind_the_beginning_are_found(before: bytes) -> None:
    assert digest(b"\r\n" + before * (FIRST // 4) + b"\r\nThe answer\r\n").preview.endswith("The answer")


def test_nothing_has_a_digest() -> None:
    taken = digest(b"")
    assert (taken.subject, taken.sender, taken.recipients, taken.sent_at, taken.text) == ("", "", "", None, None)
    assert taken.header_size == taken.size == 0


def test_sender_stands_in_for_a_missing_from() -> None:
    assert digest(b"Sender: a@example.com\r\n\r\n").sender == "a@example.com"


def test_python_s_own_awkward_messages_have_digests() -> None:
    spec = find_spec("test.test_email")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for path in (path for folder in folders for path in Path(folder, "data").glob("msg_*.txt")):
        raw = path.read_bytes()
        for each in (raw, raw.replace(b"\n", b"\r\n")):
            taken = digest(each)
            assert structure.decode(taken.parts) == structure.scan(each), path.name
