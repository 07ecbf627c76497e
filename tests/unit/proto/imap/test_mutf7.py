"""Mailbox names as modified UTF-7, and that each has one spelling."""

from __future__ import annotations

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap.mutf7 import decode, encode

PAIRS = [
    ("INBOX", b"INBOX"),
    ("Tom & Ann", b"Tom &- Ann"),
    ("Entwürfe", b"Entw&APw-rfe"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # the example of RFC 3501 §5.1.3
    ("收件箱", b"&ZTZO9nux-"),
    ("😀", b"&2D3eAA-"),
    ("", b""),
]


@pytest.mark.parametrize(("name", "wire"), PAIRS)
def test_both_ways(name: str, wire: bytes) -> None:
    assert encode(name) == wire
    assert decode(wire) == name


@pytest.mark.parametrize(
    "wire",
    [b"&", b"&AOk", b"&AO-", b"&****-", b"\xe9", b"a\nb", b"&AGE-", b"&AOk-&AOk-", b"&AOl-x&2D0-", b"&AOkA-", b"&AP-"],
)
def test_other_spellings_are_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(wire)


def test_half_a_character_cannot_be_written() -> None:
    with pytest.raises(ProtocolError):
        encode("\ud83d")
