"""Parameters of MIME fields: mailnode.message.parameters."""

from __future__ import annotations

import pytest

from mailnode.message import parameters


@pytest.mark.parametrize(
    ("value", "head", "params"),
    [
        (b"text/plain", b"text/plain", ()),
        (b"TEXT/Plain; Charset=UTF-8", b"text/plain", ((b"charset", b"UTF-8"),)),
        (b"text/plain (comment); charset=us-ascii (Plain text)", b"text/plain", ((b"charset", b"us-ascii"),)),
        (b"text/plain; format=flowed (charset=x)", b"text/plain", ((b"format", b"flowed"),)),
        (b'a/b; x="q; r"; y=z', b"a/b", ((b"x", b"q; r"), (b"y", b"z"))),
        (b'a/b; x="q\\"r\\\\"', b"a/b", ((b"x", b'q"r\\'),)),
        (b'a/b;;; x = "1" ;y="2" z=3', b"a/b", ((b"x", b"1"), (b"y", b"2"), (b"z", b"3"))),
        (b"a/b; name=My file (1).txt; y=z", b"a/b", ((b"name", b"My file (1).txt"), (b"y", b"z"))),
        (b'a/b; x="unpaired; y=z', b"a/b", ((b"x", b"unpaired; y=z"),)),
        (b'a/b; "x"; =y; z', b"a/b", ()),
        (b"a/b charset=utf-8", b"a/b", ((b"charset", b"utf-8"),)),
        (b"filename=x.txt", b"", ((b"filename", b"x.txt"),)),
        (b"", b"", ()),
        (b";;;", b"", ()),
        (None, b"", ()),
    ],
)
def test_parse(value: bytes | None, head: bytes, params: parameters.Parameters) -> None:
    assert parameters.parse(value) == (head, params)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"a; filename=x.txt", "x.txt"),
        (b"a; filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf", "报告.pdf"),
        (b"a; filename*=gb2312'zh-cn'%B1%A8%B8%E6.txt", "报告.txt"),
        (b"a; filename*0*=utf-8''%E6%8A; filename*1*=%A5; filename*2=100%.txt", "报100%.txt"),
        (b'a; filename*1="b.txt"; filename*0="a "', "a b.txt"),
        (b"a; filename=fallback; filename*=utf-8''real", "real"),
        (b'a; filename="=?gb2312?B?sai45i54bHM=?="', "报告.xls"),
        ('a; filename="报告.pdf"'.encode(), "报告.pdf"),
        (b"a; filename*=no-quotes%41", "no-quotesA"),
        (b"a; filename*x=1", ""),
        (b"a", ""),
    ],
)
def test_readable_value(value: bytes, text: str) -> None:
    assert parameters.text_of(parameters.parse(value)[1], b"filename") == text


def test_percent_encoding_stays_under_a_starred_name() -> None:
    """RFC 2231 §4.1: the client decodes; the server only joins."""
    joined = parameters.parse(b"a; name*0*=utf-8''%41; name*1=50%")[1]
    assert joined == ((b"name*", b"utf-8''%4150%25"),)


def test_number_is_limited() -> None:
    value = b"a/b" + b"".join(b"; p%d=v" % number for number in range(20_000))
    assert len(parameters.parse(value)[1]) == parameters.MAX_PARAMETERS
