"""Bytes as IMAP strings: mailnode.message.imap_string."""

from __future__ import annotations

import pytest

from mailnode.message.imap_string import MAX_QUOTED, nstring, string


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", b'""'),
        (b"text", b'"text"'),
        (b'a "b" \\c', b'"a \\"b\\" \\\\c"'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        ("你".encode(), b"{3}\r\n" + "你".encode()),
        (b"a\0b", b"{3}\r\na\x80b"),
        (b"x" * (MAX_QUOTED + 1), b"{%d}\r\n" % (MAX_QUOTED + 1) + b"x" * (MAX_QUOTED + 1)),
    ],
)
def test_string(value: bytes, expected: bytes) -> None:
    assert string(value) == expected


def test_nil_is_not_the_empty_string() -> None:
    assert nstring(None) == b"NIL"
    assert nstring(b"") == b'""'
    assert nstring(b"NIL") == b'"NIL"'
