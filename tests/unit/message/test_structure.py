"""The tree of parts and IMAP's numbers for them: mailnode.message.structure."""

from __future__ import annotations

import pytest

from mailnode.message import structure
from mailnode.message.structure import Part

# The example of RFC 9051 §6.4.5.1, cut down.
NUMBERED = b"""\
Content-Type: multipart/mixed; boundary=top

--top
Content-Type: text/plain

one
--top
Content-Type: application/octet-stream

two
--top
Content-Type: message/rfc822

Content-Type: multipart/mixed; boundary=in3

--in3

three one
--in3
Content-Type: application/octet-stream

three two
--in3--
--top
Content-Type: multipart/mixed; boundary=in4

--in4
Content-Type: image/gif

four one
--in4
Content-Type: message/rfc822

Content-Type: multipart/alternative; boundary=in42

--in42

four two one
--in42
Content-Type: message/rfc822

Subject: plain inside

four two two
--in42--
--in4--
--top--
""".replace(b"\n", b"\r\n")


def body(raw: bytes, number: str) -> bytes | None:
    part = structure.find(structure.scan(raw), number)
    return None if part is None else raw[part.body_start : part.body_end]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", b"one"),
        ("2", b"two"),
        ("3.1", b"three one"),
        ("3.2", b"three two"),
        ("4.1", b"four one"),
        ("4.2.1", b"four two one"),
        ("4.2.2", b"Subject: plain inside\r\n\r\nfour two two"),
        ("4.2.2.1", b"four two two"),
    ],
)
def test_section_numbers(number: str, expected: bytes) -> None:
    assert body(NUMBERED, number) == expected


@pytest.mark.parametrize(
    "number", ["5", "1.1", "2.1", "3.3", "3.1.1", "4.2.2.2", "4.2.2.1.1", "0", "01", "", "x", "1.", "٣"]
)
def test_numbers_of_nothing(number: str) -> None:
    assert body(NUMBERED, number) is None


def test_message_part_leads_to_the_header_inside() -> None:
    part = structure.find(structure.scan(NUMBERED), "4.2.2")
    assert part
    assert part.message
    assert NUMBERED[part.message.header_start : part.message.body_start] == b"Subject: plain inside\r\n\r\n"


def test_plain_message_has_part_one() -> None:
    assert body(b"Subject: x\r\n\r\nhello", "1") == b"hello"
    assert body(b"Subject: x\r\n\r\nhello", "2") is None
    assert body(b"Subject: x\r\n\r\nhello", "1.1") is None


def test_message_as_root_is_part_one_and_holds_numbers() -> None:
    raw = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello"
    assert body(raw, "1") == b"Subject: in\r\n\r\nhello"
    assert body(raw, "1.1") == b"hello"


def test_boundary_line_is_matched_whole() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--ab\r\n--a-\r\nx--a\r\n --a\r\n--a--\r\n"
    assert body(raw, "1") == b"--ab\r\n--a-\r\nx--a\r\n --a"


def test_depth_is_limited() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200)) + b"\nx"
    part, depth = structure.scan(raw), 0
    while part.children:
        part, depth = part.children[0], depth + 1
    assert depth == structure.DEPTH
    assert (part.type, part.subtype) == (b"application", b"octet-stream")


def test_depth_of_messages_is_limited() -> None:
    part, depth = structure.scan(b"Content-Type: message/rfc822\n\n" * 200), 0
    while part.message:
        part, depth = part.message, depth + 1
    assert depth == structure.DEPTH


def test_number_of_parts_is_limited_and_nothing_is_lost() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (structure.PARTS + 500)
    children = structure.scan(raw).children
    assert structure.PARTS <= len(children) <= structure.PARTS + 1
    assert children[-1].body_end == len(raw)


def test_encoded_tree_is_small_and_the_same() -> None:
    root = structure.scan(NUMBERED)
    kept = structure.encode(root)
    assert structure.decode(kept) == root
    assert len(kept) < 1000


def test_every_value_survives_encoding() -> None:
    inner = Part(1, 2, 3)
    part = Part(
        0, 1, 2, 3, b"\xff/", b'"\\', ((b"a", b""), (b"b", b"\x00\xff")), b"8bit", b"", b"d", b"m", b"inline",
        ((b"filename", "报告".encode()),), (b"en", b"zh"), b"l", (inner, inner), inner,
    )  # fmt: skip
    assert structure.decode(structure.encode(part)) == part
