"""The pieces of a message that FETCH gives."""

from __future__ import annotations

import pytest

from mailnode.imap.sections import Source, cut
from mailnode.message import structure
from mailnode.proto.imap.commands import Fetch, Section
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse import parse

PREFIX = b"Return-Path: <a@example.com>\r\n"
INNER = b"Subject: inside\r\nContent-Type: text/plain\r\n\r\ninner text"
RAW = (
    b"From: a@example.com\r\nSubject: two\r\n parts\r\nX-A: 1\r\nX-a: 2\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"preamble\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8A\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--b--\r\n"
)


def get(item: str, raw: bytes = RAW) -> bytes | None:
    command = parse(Frame(f"a FETCH 1 {item}".encode()))
    assert isinstance(command, Fetch)
    section = command.items[0]
    assert isinstance(section, Section)
    return cut(Source(PREFIX, raw, structure.encode(structure.scan(raw))), section)


HEADER_END = RAW.index(b"\r\n\r\n") + 4


@pytest.mark.parametrize(
    ("item", "data"),
    [
        ("BODY[]", PREFIX + RAW),
        ("BODY[]<3.5>", (PREFIX + RAW)[3:8]),
        ("BODY[]<99999.5>", b""),
        ("BODY[HEADER]", PREFIX + RAW[:HEADER_END]),
        ("RFC822.HEADER", PREFIX + RAW[:HEADER_END]),
        ("BODY[TEXT]", RAW[HEADER_END:]),
        ("BODY[HEADER.FIELDS (subject)]", b"Subject: two\r\n parts\r\n\r\n"),
        ("BODY[HEADER.FIELDS (x-a return-path)]", PREFIX + b"X-A: 1\r\nX-a: 2\r\n\r\n"),
        ("BODY[HEADER.FIELDS (none)]", b"\r\n"),
        (
            "BODY[HEADER.FIELDS.NOT (From X-A Content-Type Return-Path)]",
            b"Subject: two\r\n parts\r\n\r\n",
        ),
        ("BODY[1]", b"aGVsbG8A"),
        ("BODY[1.MIME]", b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        ("BODY[2]", INNER),
        ("BODY[2.HEADER]", b"Subject: inside\r\nContent-Type: text/plain\r\n\r\n"),
        ("BODY[2.TEXT]", b"inner text"),
        ("BODY[2.1]", b"inner text"),
        ("BODY[2.HEADER.FIELDS (Subject)]", b"Subject: inside\r\n\r\n"),
        ("BODY[1.HEADER]", None),
        ("BODY[3]", None),
        ("BODY[2.2]", None),
        ("BINARY[1]", b"hello\0"),
        ("BINARY[1]<1.3>", b"ell"),
        ("BINARY[9]", None),
    ],
)
def test_section(item: str, data: bytes | None) -> None:
    assert get(item) == data


def test_where_the_message_ends_with_its_header_no_blank_line_follows_the_fields() -> None:
    """RFC 9051 §6.4.5.1."""
    assert get("BODY[HEADER.FIELDS (Subject)]", b"Subject: all there is") == b"Subject: all there is\r\n"
    assert get("BODY[HEADER.FIELDS (To)]", b"Subject: all there is\r\n") == b""
    assert get("BODY[HEADER.FIELDS (To)]", b"Subject: no body\r\n\r\n") == b"\r\n"


def test_the_only_part_of_a_plain_message_is_part_1() -> None:
    """RFC 9051 §6.4.5.1."""
    assert get("BODY[1]", b"Subject: x\r\n\r\ntext") == b"text"
