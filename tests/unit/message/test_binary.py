"""Messages with binary parts, put into lines."""

from __future__ import annotations

import base64
from pathlib import Path

from mailnode.message import binary, structure
from mailnode.octets import LARGE
from mailnode.spooled import Spooled

BODY = bytes(range(256)) * 3 + b"\r\r\n\n.\r\n"
HEAD = (
    b"Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\nContent-Type: image/png\r\n"
    b"Content-Transfer-Encoding: BINARY\r\n\r\n"
)


def test_a_binary_part_goes_into_base64_and_comes_back() -> None:
    made = binary.in_lines(HEAD + BODY + b"\r\n--x--\r\n")
    [text, picture] = structure.scan(made).children
    assert made[text.body_start : text.body_end] == b"Hello"
    assert picture.encoding == b"base64"
    assert base64.b64decode(made[picture.body_start : picture.body_end]) == BODY


def test_a_multipart_says_what_it_holds_then() -> None:
    made = binary.in_lines(HEAD + BODY + b"\r\n--x--\r\n")
    assert structure.scan(made).encoding == b"8bit"


def test_a_message_without_binary_parts_stays() -> None:
    raw = b"Subject: x\r\n\r\nHello\r\n"
    assert binary.in_lines(raw) is raw


def test_a_message_inside_a_message_is_looked_at() -> None:
    made = binary.in_lines(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n" + HEAD + BODY)
    assert b"\0" not in made[:]


def test_a_large_message_is_not_read_as_a_whole(tmp_path: Path) -> None:
    large = Spooled(tmp_path)
    large.write(HEAD)
    for _ in range(LARGE // len(BODY) + 1):
        large.write(BODY)
    large.write(b"\r\n--x--\r\n")
    made = binary.in_lines(large)
    assert not isinstance(made, bytes)
    [_, picture] = structure.scan(made).children
    assert base64.b64decode(made[picture.body_start : picture.body_end]) == BODY * (LARGE // len(BODY) + 1)
