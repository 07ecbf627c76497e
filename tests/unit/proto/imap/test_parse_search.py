"""SEARCH keys into the tree of conditions."""

from __future__ import annotations

from datetime import date

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap import search_keys as k
from mailnode.proto.imap.commands import Search, SearchReturn
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse import parse
from mailnode.proto.imap.parse_search import BadCharset
from mailnode.proto.imap.sequence_set import parse_sequence_set


def search(text: bytes, *literals: bytes) -> Search:
    found = parse(Frame(b"a SEARCH " + text, literals))
    assert isinstance(found, Search)
    return found


SEEN, DRAFT = k.HasFlag("\\Seen"), k.HasFlag("\\Draft")

KEYS: list[tuple[bytes, k.SearchKey]] = [
    (b"ALL", k.Everything()),
    (b"seen", SEEN),
    (b"UNSEEN DRAFT", k.And((k.Not(SEEN), DRAFT))),
    (b"(SEEN DRAFT)", k.And((SEEN, DRAFT))),
    (b"((SEEN))", SEEN),
    (b"OR SEEN NOT (DRAFT)", k.Or(SEEN, k.Not(DRAFT))),
    (b"NEW", k.And((k.HasFlag("\\Recent"), k.Not(SEEN)))),
    (b"KEYWORD $Junk", k.HasFlag("$Junk")),
    (b"UNKEYWORD $Junk", k.Not(k.HasFlag("$Junk"))),
    (b"1:5", k.Numbers(parse_sequence_set(b"1:5"), by_uid=False)),
    (b"UID *", k.Numbers(parse_sequence_set(b"*"), by_uid=True)),
    (b'FROM "s42@"', k.Header("FROM", "s42@")),
    (b"HEADER x-spam yes", k.Header("X-SPAM", "yes")),
    (b'HEADER Message-ID ""', k.Header("MESSAGE-ID", "")),
    (b"BODY hello", k.Text("hello", header_too=False)),
    (b"TEXT hello", k.Text("hello", header_too=True)),
    (b"SINCE 1-Jan-2023", k.Day(k.When.SINCE, date(2023, 1, 1), sent=False)),
    (b'SENTBEFORE "01-feb-2023"', k.Day(k.When.BEFORE, date(2023, 2, 1), sent=True)),
    (b"LARGER 100 SMALLER 200", k.And((k.Larger(100), k.Smaller(200)))),
    (b"OLDER 60", k.Age(60, older=True)),
    (b"YOUNGER 60", k.Age(60, older=False)),
    (b"MODSEQ 620162338", k.ModSeq(620162338)),
    (b'MODSEQ "/flags/\\\\draft" all 620162338', k.ModSeq(620162338)),
]


@pytest.mark.parametrize(("text", "key"), KEYS)
def test_keys(text: bytes, key: k.SearchKey) -> None:
    assert search(text).key == key


def test_return_options() -> None:
    assert search(b"RETURN (MIN COUNT) ALL").returns == SearchReturn(minimum=True, count=True)
    assert search(b"RETURN () ALL").returns == SearchReturn(all=True)
    assert search(b"ALL").returns is None


def test_the_charset_decides_what_the_octets_mean() -> None:
    assert search(b"CHARSET UTF-8 SUBJECT \n", "中文".encode()).key == k.Header("SUBJECT", "中文")
    assert search(b"CHARSET gb18030 SUBJECT \n", "中文".encode("gb18030")).key == k.Header("SUBJECT", "中文")


def test_an_unknown_charset_is_told_apart() -> None:
    with pytest.raises(BadCharset):
        search(b"CHARSET x-nosuch ALL")


def test_nesting_is_limited() -> None:
    assert search(b"NOT " * 49 + b"ALL").key
    for deep in (b"NOT " * 60 + b"ALL", b"(" * 60 + b"ALL" + b")" * 60, b"OR ALL " * 60 + b"ALL"):
        with pytest.raises(ProtocolError):
            search(deep)


def test_the_number_of_keys_is_limited() -> None:
    with pytest.raises(ProtocolError):
        search(b"ALL " * 2000)


@pytest.mark.parametrize(
    "text",
    [b"", b"NOSUCH", b"(", b"(ALL", b"ALL)", b"NOT", b"OR ALL", b"FROM", b"SINCE x", b"SINCE 31-Feb-2023", b"LARGER x",
     b"KEYWORD", b"OLDER 0", b"RETURN (KEEP) ALL", b"RETURN", b"CHARSET", b'MODSEQ "/flags/x" 5',
     b'FROM "\xff"', b"*a"],
)  # fmt: skip
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        search(text)
